"""MariaDB: what it does differently from the other databases."""
