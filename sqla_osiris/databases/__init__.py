"""What each SQL database does differently, and nothing else."""
