"""What a session's flush does with a model's objects: one changed object is one event.

The mapper has no table to write to, so SQLAlchemy's unit of work sorts, synchronises relationships and keeps its
books as ever, and emits nothing itself. The mapper's ``before_*`` events collect what changed; the first
``after_*`` event of the batch writes it all, so that a thousand objects cost a few statements.
"""

import sys
from typing import Any, cast

from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapper, Session, object_session
from sqlalchemy.orm.attributes import set_committed_value

from sqla_osiris.declarative.changes import begun, changed, ended
from sqla_osiris.declarative.fold_table import refuse
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.declarative.writing import Write, write_events

__all__ = ["EventSourcedMapper", "listen_for_flushes"]

_PENDING = "sqla_osiris.pending"


class _Pending:
    """The writes collected in one flush of one mapper, with the objects to bring up to date afterwards."""

    def __init__(self, transaction: Any) -> None:
        self.transaction = transaction
        self.writes: list[Write] = []
        self.objects: list[Any] = []


class EventSourcedMapper(Mapper[Any]):
    """A mapper without tables to write to, which refuses the bulk operations that ask for them."""

    @property
    def _sorted_tables(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        # SQLAlchemy's bulk operations (bulk_insert_mappings, an insert() or update() with a list) fire no event
        # of the mapper, and without a table to write to they would silently do nothing. They differ from a
        # flush by nothing but the function that asks.
        if sys._getframe(1).f_code.co_name.startswith("_bulk_"):  # noqa: SLF001  (see above)
            refuse(self.class_.__name__)
        return {}


def listen_for_flushes(model: type[Any], stream: Stream) -> None:
    """Listen to this mapper's flush events alone."""

    def before_insert(_mapper: Any, _connection: Connection, target: Any) -> None:
        _collect(target, *begun(stream, target))

    def before_update(_mapper: Any, _connection: Connection, target: Any) -> None:
        _collect(target, *changed(stream, target))

    def before_delete(_mapper: Any, _connection: Connection, target: Any) -> None:
        _collect(target, ended(stream, target))

    def after(_mapper: Any, connection: Connection, target: Any) -> None:
        _write(stream, connection, target)

    for name, listener in (
        ("before_insert", before_insert),
        ("before_update", before_update),
        ("before_delete", before_delete),
        ("after_insert", after),
        ("after_update", after),
        ("after_delete", after),
    ):
        event.listen(model, name, listener)


def _session(target: Any) -> Session:
    return cast(Session, object_session(target))


def _collect(target: Any, *writes: Write) -> None:
    session = _session(target)
    transaction = session.get_nested_transaction() or session.get_transaction()
    pending = session.info.get((_PENDING, type(target)))
    if pending is None or pending.transaction is not transaction:
        # A flush that failed half-way left its transaction behind, and what it had collected with it.
        pending = session.info[_PENDING, type(target)] = _Pending(transaction)
    for write in writes:
        pending.writes.append(write)
        pending.objects.append(target)


def _write(stream: Stream, connection: Connection, target: Any) -> None:
    pending = _session(target).info.pop((_PENDING, type(target)), None)
    if pending is None:
        return
    # An object that ends and begins anew in one flush has two writes; the rest go together.
    rounds: list[dict[Any, int]] = []
    for place, write in enumerate(pending.writes):
        room = next((r for r in rounds if write.key not in r), None)
        if room is None:
            rounds.append(room := {})
        room[write.key] = place
    for places in rounds:
        written = write_events(connection, stream, [pending.writes[place] for place in places.values()])
        for place, result in zip(places.values(), written, strict=True):
            write = pending.writes[place]
            if not write.ends:
                set_committed_value(pending.objects[place], "seq", result.seq)
