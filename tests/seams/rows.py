"""Imports all rows, in the order of the docs' page; run, it writes that page."""

from tests.seams import rows_listening, rows_mapping, rows_sessions, rows_statements
from tests.seams.census import DOCS, table

__all__ = ["rows_listening", "rows_mapping", "rows_sessions", "rows_statements"]

if __name__ == "__main__":
    DOCS.write_text("\n".join(table()) + "\n", encoding="utf-8")
