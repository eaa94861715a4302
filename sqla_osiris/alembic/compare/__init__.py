"""What autogenerate finds: differences between event-sourced models and a database, as operations on a log."""
