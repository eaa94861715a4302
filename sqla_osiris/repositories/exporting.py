"""Writes a log to a file of JSON lines, and reads such a file back into a log of any store.

The first line says what the file is, each further line is an event, the last one says how many there are and their
digest, so that a file that was cut off or changed is refused before anything is appended.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Final, TextIO
from uuid import UUID

from sqla_osiris.declarative import stream_of
from sqla_osiris.declarative.json_values import JSONValues, json_values
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.copying import append_pages, feed_pages
from sqla_osiris.repositories.protocol import Repository

__all__ = ["export_events", "import_events"]

_VERSION: Final = 1
_EVENTS_A_PAGE: Final = 10_000

Progress = Callable[[int], object]


def export_events(
    repository: Repository[Any], file: str | PathLike[str] | TextIO, *, progress: Progress | None = None
) -> int:
    """Write every event, archived ones too, in the order of the feed; how many. Erased streams have none.

    ``file`` is a path or a file open for writing text. Kept is all of an event but its position, which is its store's
    own, exactly: :func:`import_events` gives an equal log. ``progress`` is called after each page.
    """
    lines = _Lines(stream_of(repository.model))
    digest, written = blake2b(digest_size=16), 0
    with _opened(file, "w") as out:
        out.write(lines.head())
        for page in feed_pages(repository):
            text = "".join(map(lines.event, page))
            digest.update(text.encode())
            out.write(text)
            written += len(page)
            if progress is not None:
                progress(written)
        out.write(_line({"events": written, "digest": digest.hexdigest()}))
    return written


def import_events(
    repository: Repository[Any], file: str | PathLike[str] | TextIO, *, progress: Progress | None = None
) -> int:
    """Append the events of an exported file; how many. What the log holds already is compared and left out.

    So an import that was broken off goes on when it is called again. Raises OsirisError for a file that is no export of
    this model, is cut off or was changed, before anything is appended (of a file that cannot be read twice, such as a
    pipe: at its end), and for a stream that is another one in the log.
    """
    lines = _Lines(stream_of(repository.model))
    with _opened(file, "r") as source:
        if source.seekable():
            start = source.tell()
            for _ in _checked(source, lines):
                pass
            source.seek(start)
        events = (lines.read(number, line) for number, line in _checked(source, lines))
        pages = iter(lambda: list(islice(events, _EVENTS_A_PAGE)), [])
        return append_pages(pages, repository, progress)


def _opened(file: Any, mode: str) -> AbstractContextManager[TextIO]:
    if isinstance(file, str | PathLike):
        # newline="" leaves line ends as they are: the digest counts them.
        return Path(file).open(mode, encoding="utf-8", newline="")  # type: ignore[return-value]  # the mode is text's
    if not isinstance(file, io.TextIOBase):
        raise OsirisError(
            f"a path or a file open as text was expected, {file!r} found: open it with 'w' or 'r'."
        )
    return nullcontext(file)  # type: ignore[arg-type]  # TextIO is TextIOBase's protocol


def _checked(source: TextIO, lines: "_Lines") -> Iterator[tuple[int, str]]:
    """The events' lines with their numbers; each is given on once the next one is there, so that the last is not."""
    lines.check_head(source.readline())
    digest, number, before = blake2b(digest_size=16), 1, None
    for line in source:
        if before is not None:
            digest.update(before.encode())
            yield number, before
        before, number = line, number + 1
    _check_end(before, number - 2, digest.hexdigest())


def _check_end(line: str | None, events: int, digest: str) -> None:
    said = _parsed(line) if line else {}
    if not isinstance(said, dict) or "digest" not in said:
        raise OsirisError(
            f"The file was cut off behind {max(events, 0)} events: its last line is missing. Export the log again."
        )
    if (said["events"], said["digest"]) != (events, digest):
        raise OsirisError(
            f"The file was changed after it was written: its last line counts {said['events']} events of another "
            f"content, {events} are there. Export the log again."
        )


class _Lines:
    """Writes and reads the lines of one model's file."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        columns = [stream.heads.c[name] for name in stream.context_names]
        self._contexts: list[JSONValues] = [json_values(column.type) for column in columns]
        self._fields: dict[str, JSONValues] = {
            key: json_values(field.touch_type) for key, field in stream.by_key.items()
        }

    def head(self) -> str:
        return _line({"sqla_osiris": _VERSION, "model": self._stream.model, "fields": list(self._fields)})

    def check_head(self, line: str) -> None:
        said = _parsed(line)
        if not isinstance(said, dict) or said.get("sqla_osiris") != _VERSION:
            raise OsirisError(
                f"The file is no export of version {_VERSION}: its first line is {line[:80]!r}. Give a file that "
                "export_events() wrote."
            )
        if said["model"] != self._stream.model:
            raise OsirisError(
                f"The file holds events of {said['model']}, the repository is {self._stream.model}'s. Import it there."
            )

    def event(self, event: Event) -> str:
        key = event.context if len(self._contexts) > 1 else (event.context,)
        said: dict[str, Any] = {
            "context": [values.write(part) for values, part in zip(self._contexts, key, strict=True)],
            "seq": event.seq,
            "recorded_at": event.recorded_at.isoformat(),
            "fields": {name: self._fields[name].write(touch) for name, touch in event.fields.items()},
            "event_id": None if event.event_id is None else str(event.event_id),
            "event_type": event.event_type,
            "event_meta": event.event_meta,
            "ends": event.ends or None,
        }
        return _line({name: part for name, part in said.items() if part is not None})

    def read(self, number: int, line: str) -> Event:
        said = _parsed(line)
        try:
            return self._event(said)
        except (KeyError, TypeError, ValueError) as error:
            raise OsirisError(
                f"line {number} is no event of {self._stream.model} ({type(error).__name__}: {error}): {line[:120]!r}. "
                "A field that the model lacks must be declared for the import."
            ) from error

    def _event(self, said: Any) -> Event:
        key = [values.read(part) for values, part in zip(self._contexts, said["context"], strict=True)]
        event_id = said.get("event_id")
        return Event(
            context=self._stream.context_of(key),
            seq=said["seq"],
            position=None,
            recorded_at=datetime.fromisoformat(said["recorded_at"]),
            fields={name: self._fields[name].read(touch) for name, touch in said["fields"].items()},
            event_id=None if event_id is None else UUID(event_id),
            event_type=said.get("event_type"),
            event_meta=said.get("event_meta"),
            ends=said.get("ends", False),
        )


def _line(said: dict[str, Any]) -> str:
    # ASCII alone: no encoding of the file, and no line separator inside a text, can change it.
    return json.dumps(said, separators=(",", ":")) + "\n"


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
