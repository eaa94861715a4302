"""One model's log in an SQL database, through SQLAlchemy."""
