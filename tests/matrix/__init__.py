"""The contract suite and the ORM's tests, on each Python, SQLAlchemy and server: `python -m tests.matrix`."""
