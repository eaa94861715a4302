"""SQLite: what it does differently from the other databases."""
