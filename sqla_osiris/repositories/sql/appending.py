"""Appends one event in the shortest way that its target has."""

from typing import Any

from sqla_osiris.databases.plan import Expect, Write, Written
from sqla_osiris.repositories.sql.target import Target
from sqla_osiris.repositories.sql.trying_again import tried_again
from sqla_osiris.schema.checks import refuse_expectation
from sqla_osiris.writing.direct import append_directly
from sqla_osiris.writing.refusals import begins_incomplete
from sqla_osiris.writing.writer import write_events

__all__ = ["append", "expectation"]


def append(target: Target[Any], write: Write) -> Written:
    """Write the event and return where it came to stand."""
    engine, stream = target.given_engine, target.stream
    if engine is not None and not begins_incomplete(stream, write):
        written = append_directly(engine, stream, write)
        if written is not None:
            return written
    # Also where the stream is not as expected: this raises what it found.
    if engine is not None and target.is_one_statement:
        return tried_again(lambda: _append_in_one_statement(target, write), engine.dialect)
    return target.transaction(
        lambda connection: write_events(connection, stream, [write])[0], looks_first=False
    )


def _append_in_one_statement(target: Target[Any], write: Write) -> Written:
    with target.statement() as connection:
        return write_events(connection, target.stream, [write])[0]


def expectation(expected_seq: int | None, *, lacks: bool) -> Expect:
    """Return what an append with this ``expected_seq`` expects of its stream; ``lacks`` a field to begin one with."""
    refuse_expectation(expected_seq)
    if expected_seq is None:
        return Expect.LIVE if lacks else Expect.ANYTHING
    return Expect.SEQ if expected_seq else Expect.NOT_LIVE
