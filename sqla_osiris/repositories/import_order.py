"""The order that the events of a file must have: whole streams, each from seq 1 on without a gap, nothing twice.

What was seen is kept in a temporary database on disk, as a file may have more streams than memory has room for.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import CopiedEvent
from sqla_osiris.repositories.export_lines import Erased

__all__ = ["ImportOrder"]

_ERASED = -1

_TABLES = """
    CREATE TABLE streams (context TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE identities (context TEXT, event_id BLOB, PRIMARY KEY (context, event_id)) WITHOUT ROWID;
"""


class ImportOrder:
    """Checks the lines of one file, in their order."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)  # a private database on disk
        self._seen.executescript(_TABLES)
        self._seen.execute("PRAGMA synchronous = OFF")

    def close(self) -> None:
        """Remove the database."""
        self._seen.close()

    def check(self, page: Sequence[tuple[int, CopiedEvent | Erased]]) -> None:
        """Take the next lines, each with its number. Raises OsirisError for the first that is not in its place."""
        last: dict[str, int] = {}
        identities: set[tuple[str, bytes]] = set()
        for number, line in page:
            context = repr(line.context)
            before = last[context] if context in last else self._last(context)
            last[context] = self._next(number, line, before)
            if isinstance(line, CopiedEvent) and line.event_id is not None:
                identity = (context, line.event_id.bytes)
                if identity in identities or self._knows(identity):
                    raise OsirisError(
                        f"line {number}: the event_id {line.event_id} of {context} is there twice. Nothing was imported: "
                        "the file is no export of a log."
                    )
                identities.add(identity)
        with self._seen:
            self._seen.execute("BEGIN")
            self._seen.executemany("INSERT OR REPLACE INTO streams VALUES (?, ?)", last.items())
            self._seen.executemany("INSERT INTO identities VALUES (?, ?)", identities)

    def _next(self, number: int, line: CopiedEvent | Erased, before: int) -> int:
        if isinstance(line, Erased):
            if before:
                raise self._displaced(number, line.context, "erased, and has other lines")
            return _ERASED
        if before == _ERASED or line.seq != before + 1:
            expected = "no event, as it was erased" if before == _ERASED else f"seq {before + 1}"
            raise self._displaced(number, line.context, f"at seq {line.seq}, expected was {expected}")
        return line.seq

    def _displaced(self, number: int, context: Any, found: str) -> OsirisError:
        return OsirisError(
            f"line {number}: {context!r} is {found}. Nothing was imported: in an export each stream has all of its events, "
            "in the order of seq. Export the log again."
        )

    def _last(self, context: str) -> int:
        row = self._seen.execute("SELECT seq FROM streams WHERE context = ?", (context,)).fetchone()
        return int(row[0]) if row else 0

    def _knows(self, identity: tuple[str, bytes]) -> bool:
        query = "SELECT 1 FROM identities WHERE context = ? AND event_id = ?"
        return self._seen.execute(query, identity).fetchone() is not None
