"""The lines of JSON of one model's exported log: written, read, and refused where they are none, or not in their place.

The first line says what the file is, a line each is an event or an erased stream, the last one counts them.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn, TextIO
from uuid import UUID

from sqlalchemy import Integer

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import CopiedEvent, Event
from sqla_osiris.schema.checks import refuse_touching_end
from sqla_osiris.schema.log import Log
from sqla_osiris.types.codec import JSONValues, json_values
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["LONGEST_LINE", "Erased", "ExportLines", "ImportOrder", "as_line", "numbered_lines", "parsed"]

LONGEST_LINE: Final = 64 * 1024 * 1024
"""The characters of the longest line that is written and read: a reader's memory has a bound."""

_VERSION: Final = 2
_READ: Final = (1, 2)
_SHOWN: Final = 120
_EVENT: Final = frozenset(
    {"context", "seq", "recorded_at", "fields", "event_id", "event_type", "event_meta", "ends"}
)

_ERASED: Final = -1
_TABLES: Final = """
    CREATE TABLE streams (context TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE identities (context TEXT, event_id BLOB, PRIMARY KEY (context, event_id)) WITHOUT ROWID;
"""


class Erased:
    """The context of a stream that was erased: its line has nothing else."""

    def __init__(self, context: Any) -> None:
        self.context = context


class ExportLines:
    """Writes and reads the lines of one model's file."""

    def __init__(self, log: Log) -> None:
        self._log = log
        columns = log.context_columns(log.heads)
        self._contexts: list[JSONValues] = [json_values(column.type) for column in columns]
        self._fields: dict[str, JSONValues] = {
            key: json_values(field.touch_type) for key, field in log.by_key.items()
        }
        self._uncertain = {key for key, field in log.by_key.items() if not _is_known(field.touch_type)}

    def head(self) -> str:
        """Return the first line."""
        return as_line({"sqla_osiris": _VERSION, "model": self._log.model, "field_names": list(self._fields)})

    def check_head(self, line: str) -> None:
        """Raise OsirisError for the first line of another file, or of another model's."""
        found = parsed(line)
        if not isinstance(found, dict) or found.get("sqla_osiris") not in _READ or "model" not in found:
            raise OsirisError(
                f"The file is no export of version {_VERSION}: its first line is {line[:80]!r}. Give a file that "
                "export_events() wrote."
            )
        if found["model"] != self._log.model:
            raise OsirisError(
                f"The file holds events of {found['model']}, the repository is {self._log.model}'s. Import it there."
            )

    def event(self, event: Event) -> str:
        """Return the line of an event. Raises OsirisError for a value that JSON does not give back equal."""
        content: dict[str, Any] = {
            "context": self._context(event.context),
            "seq": event.seq,
            "recorded_at": event.recorded_at.isoformat(),
            "fields": {name: self._touch(event, name, touch) for name, touch in event.fields.items()},
            "event_id": None if event.event_id is None else str(event.event_id),
            "event_type": event.event_type,
            "event_meta": event.event_meta,
            "ends": event.ends or None,
        }
        line = as_line({name: part for name, part in content.items() if part is not None})
        if len(line) > LONGEST_LINE:
            raise OsirisError(
                f"{self._log.model} {event.context!r}, seq {event.seq}: its line has {len(line)} characters, and an "
                f"export's lines have {LONGEST_LINE} at most. Copy this log by copy() instead."
            )
        return line

    def erased(self, context: Any) -> str:
        """Return the line of a stream that was erased."""
        return as_line({"context": self._context(context), "erased": True})

    def read(self, number: int, line: str) -> CopiedEvent | Erased:
        """Return what the line holds, checked as ``append`` checks it. Raises OsirisError, which names the line."""
        try:
            return self._read(parsed(line))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            self._refuse(number, line, f"{type(error).__name__}: {error}", error)
        except OsirisError as error:
            self._refuse(number, line, str(error).removesuffix("."), error)

    def _refuse(self, number: int, line: str, why: str, error: Exception) -> NoReturn:
        shown = "" if self._log.encrypted else f": {line[:_SHOWN]!r}"
        raise OsirisError(
            f"line {number} is no event of {self._log.model} ({why}){shown}. A field that the model lacks "
            "must be declared for the import."
        ) from error

    def _context(self, context: Any) -> list[Any]:
        key = context if len(self._contexts) > 1 else (context,)
        return [values.write(part) for values, part in zip(self._contexts, key, strict=True)]

    def _touch(self, event: Event, name: str, touch: Any) -> Any:
        values = self._fields[name]
        if name not in self._uncertain:
            return values.write(touch)
        try:
            written = values.write(touch)
            again = values.read(json.loads(json.dumps(written)))
        except (TypeError, ValueError, AttributeError) as error:
            raise self._lossy(event, name, f"{touch!r}, which JSON has no form for") from error
        # To Python 1, 1.0 and True are equal.
        if again != touch or type(again) is not type(touch):
            raise self._lossy(event, name, f"{touch!r}, and a file gives {again!r} back")
        return written

    def _lossy(self, event: Event, name: str, found: str) -> OsirisError:
        if self._log.hides(name):
            found = "a value that a file would not give back (not shown, as it is encrypted)"
        return OsirisError(
            f"{self._log.model}.{name} is {found} (context {event.context!r}, seq {event.seq}). Nothing is exported: "
            "give the field a type whose values JSON holds, or copy the log by copy()."
        )

    def _read(self, content: Any) -> CopiedEvent | Erased:
        if not isinstance(content, dict):
            raise TypeError("a JSON object was expected")
        parts = content["context"]
        if not isinstance(parts, list):
            raise TypeError("its context is no list")
        key = [values.read(part) for values, part in zip(self._contexts, parts, strict=True)]
        context = self._log.context_of(self._log.key_of(self._log.context_of(key)))
        if "erased" in content:
            if content != {"context": parts, "erased": True}:
                raise ValueError("an erased stream has its context alone")
            return Erased(context)
        return self._event(content, context)

    def _event(self, content: dict[str, Any], context: Any) -> CopiedEvent:
        if unknown := content.keys() - _EVENT:
            raise ValueError(f"it has {', '.join(sorted(unknown))}, which no event has")
        seq, fields, ends = content["seq"], content["fields"], content.get("ends", False)
        if type(seq) is not int or seq < 1:
            raise ValueError(f"its seq is {seq!r}, an int of 1 or more was expected")
        if not isinstance(fields, dict):
            raise TypeError("its fields are no JSON object")
        if type(ends) is not bool:
            raise TypeError(f"its ends is {ends!r}, a bool was expected")
        event_id = content.get("event_id")
        new = CopiedEvent(
            context,
            {name: self._fields[name].read(touch) for name, touch in fields.items()},
            event_id=None if event_id is None else UUID(event_id),
            event_type=content.get("event_type"),
            event_meta=content.get("event_meta"),
            recorded_at=datetime.fromisoformat(content["recorded_at"]),
            ends=ends,
            seq=seq,
        )
        self._log.touches(new.fields)
        refuse_touching_end(self._log, new)
        self._log.metadata(new.event_id, new.event_type, new.event_meta, new.recorded_at)
        return new


def _is_known(declared: Any) -> bool:
    """Whether a type's values are known to come back equal: SQLAlchemy's generic ones and ours. Others are tried."""
    return type(declared).__module__ in {Integer.__module__, UTCDateTime.__module__}


def as_line(content: dict[str, Any]) -> str:
    """Return one line. ASCII alone: no encoding of the file, and no line separator inside a text, can change it."""
    return json.dumps(content, separators=(",", ":")) + "\n"


def parsed(line: str) -> Any:
    """Return the line's JSON; None where it is none."""
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def numbered_lines(source: TextIO) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers, from 1. Raises OsirisError for one that is no text, or without an end."""
    number = 1
    try:
        while line := source.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise OsirisError(
                    f"line {number} has more than {LONGEST_LINE} characters: the file is no export. Nothing was imported."
                )
            yield number, line
            number += 1
    except UnicodeDecodeError as error:
        raise OsirisError(
            f"The file is no text in UTF-8, at line {number} or soon behind it: {error}. Nothing was imported."
        ) from error


class ImportOrder:
    """Checks that a file has whole streams, each from seq 1 on without a gap, and nothing twice.

    What was seen is kept in a temporary database on disk, as a file may have more streams than memory has room for.
    """

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
