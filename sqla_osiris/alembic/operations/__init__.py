"""The operations on a log that migrations call: what each one intends, its reverse, and its effect."""
