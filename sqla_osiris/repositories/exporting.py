"""Writes a log to a file of JSON lines, and reads such a file back into a log of any store.

The last line says how many events there are and their digest, so that a file that was cut off or changed is refused
before anything is appended.
"""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from hashlib import blake2b
from itertools import islice
from os import PathLike
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, Final, TextIO

from sqla_osiris.awaiting import refuse_asynchronous
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import CopiedEvent
from sqla_osiris.repositories.copying import append_pages, complete, erased_contexts, feed_pages
from sqla_osiris.repositories.export_lines import (
    Erased,
    ExportLines,
    ImportOrder,
    as_line,
    numbered_lines,
    parsed,
)
from sqla_osiris.repositories.protocol import Progress, Repository
from sqla_osiris.schema.checks import reporting
from sqla_osiris.schema.log import log_of

__all__ = ["export_events", "import_events"]

_EVENTS_A_PAGE: Final = 10_000


def export_events(
    repository: Repository[Any], file: str | PathLike[str] | TextIO, *, progress: Progress = None
) -> int:
    """Write every event, archived ones too, in the order of the feed; how many. Of erased streams, the contexts alone.

    ``file`` is a path or a file open for writing text. Kept is all of an event but its position, which is its store's
    own, exactly: :func:`import_events` gives an equal log. ``progress`` is called after each page.

    A path is written whole or not at all. Raises OsirisError for a value that a file would not give back equal.
    """
    report = reporting(progress)
    refuse_asynchronous(
        repository, "export_events", "Export it through a repository of a blocking engine or client"
    )
    lines = ExportLines(log_of(repository.model))
    digest, written, erased = blake2b(digest_size=16), 0, 0
    with _written_whole(file) as out:
        out.write(lines.head())
        for page in feed_pages(repository):
            text = "".join(map(lines.event, page))
            digest.update(text.encode())
            out.write(text)
            written += len(page)
            report(written)
        for context in erased_contexts(repository):
            text = lines.erased(context)
            digest.update(text.encode())
            out.write(text)
            erased += 1
        out.write(as_line({"events": written, "erased_streams": erased, "digest": digest.hexdigest()}))
    return written


def import_events(
    repository: Repository[Any], file: str | PathLike[str] | TextIO, *, progress: Progress = None
) -> int:
    """Append the events of an exported file; how many. What the log holds already is compared and left out.

    So an import that was broken off goes on when it is called again. A stream that the file says was erased is erased
    in the log, too. Every line is checked as ``append`` checks an event, and its place in its stream, before anything
    is appended: OsirisError names the first that is wrong, and is raised for a file that is no export of this model,
    is cut off or was changed, and for a stream that is another one in the log. Memory has a bound, whatever the file.
    """
    report = reporting(progress)
    refuse_asynchronous(
        repository, "import_events", "Import it through a repository of a blocking engine or client"
    )
    lines = ExportLines(log_of(repository.model))
    with _opened(file) as given, _twice_readable(given) as source:
        start = source.tell()
        read = _read(source, lines)
        with closing(ImportOrder()) as order:
            while checked := list(islice(read, _EVENTS_A_PAGE)):
                order.check(checked)
        source.seek(start)
        erased: list[Any] = []
        events = _events(source, lines, erased)
        pages = iter(lambda: list(islice(events, _EVENTS_A_PAGE)), [])
        appended = append_pages(pages, repository, report)
        complete(repository, erased)
        return appended


@contextmanager
def _written_whole(file: Any) -> Iterator[TextIO]:
    """A path's file gets its name once it is whole: half of a log looks like a backup."""
    if not isinstance(file, str | PathLike):
        yield _text(file)
        return
    path = Path(file)
    part = path.with_name(f"{path.name}.part")
    try:
        # newline="" leaves line ends as they are: the digest counts them.
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _opened(file: Any) -> AbstractContextManager[TextIO]:
    if isinstance(file, str | PathLike):
        return Path(file).open(encoding="utf-8", newline="")
    return nullcontext(_text(file))


def _text(file: Any) -> TextIO:
    if not isinstance(file, io.TextIOBase):
        raise OsirisError(
            f"a path or a file open as text was expected, {file!r} found: open it with 'w' or 'r'."
        )
    return file  # type: ignore[return-value]  # TextIO is TextIOBase's protocol


@contextmanager
def _twice_readable(given: TextIO) -> Iterator[TextIO]:
    """A pipe is written to disk first: a file is checked to its end before anything of it is appended."""
    if given.seekable():
        yield given
        return
    with TemporaryFile("w+", encoding="utf-8", newline="") as source:
        copyfileobj(given, source)
        source.seek(0)
        yield source


def _events(source: TextIO, lines: ExportLines, erased: list[Any]) -> Iterator[CopiedEvent]:
    """Yield the file's events. The contexts of its erased streams go into the list."""
    for _, line in _read(source, lines):
        if isinstance(line, Erased):
            erased.append(line.context)
        else:
            yield line


def _read(source: TextIO, lines: ExportLines) -> Iterator[tuple[int, CopiedEvent | Erased]]:
    """Yield what the lines between the first and the last hold, with their numbers. Raises OsirisError for a wrong one.

    An import does so twice: all of a file is checked before anything of it is appended, and it may not fit into memory.
    """
    numbered = numbered_lines(source)
    _, first = next(numbered, (1, ""))
    lines.check_head(first)
    digest, count, before = blake2b(digest_size=16), 0, None
    for number, line in numbered:
        if before is not None:
            digest.update(before[1].encode())
            count += 1
            yield before[0], lines.read(*before)
        before = number, line
    _check_end(before[1] if before else None, count, digest.hexdigest())


def _check_end(line: str | None, count: int, digest: str) -> None:
    """Raise OsirisError unless the last line says what so many lines before it and their digest are."""
    found = parsed(line) if line else {}
    if not isinstance(found, dict) or not {"events", "digest"} <= found.keys():
        raise OsirisError(
            f"The file was cut off behind {count} events: its last line is missing. Export the log again."
        )
    events, erased = found["events"], found.get("erased_streams", 0)  # version 1 knew no erased streams
    if (
        type(events) is not int
        or type(erased) is not int
        or (events + erased, found["digest"]) != (count, digest)
    ):
        raise OsirisError(
            f"The file was changed after it was written: its last line counts {events} events of another content, "
            f"{count} lines are there. Export the log again."
        )
