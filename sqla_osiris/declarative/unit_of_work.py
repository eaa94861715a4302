"""What a session's flush does with a model's objects: one changed object is one event.

The mapper has no table to write to, so SQLAlchemy's unit of work sorts, synchronises relationships and keeps its
books as ever, and emits nothing itself. The mapper's ``before_*`` events collect what changed; the first
``after_*`` event of the batch writes it all, so that a thousand objects cost a few statements.
"""

import sys
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, FromClause, event
from sqlalchemy.orm import InstanceState, Mapper, Session

from sqla_osiris.declarative.changes import begun, changed, ended
from sqla_osiris.declarative.changes_in_place import remember_written
from sqla_osiris.declarative.event_context import current_meta
from sqla_osiris.declarative.fold_table import refuse
from sqla_osiris.declarative.past_sessions import refuse_write
from sqla_osiris.declarative.savepoints import expire_after_rollback
from sqla_osiris.declarative.statements import Expect
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.declarative.writes import Write, heads_of
from sqla_osiris.declarative.writing import write_events

__all__ = ["EventSourcedMapper", "listen_for_flushes"]

_State = InstanceState[Any]


class _Pending:
    """The writes collected in one flush of one mapper, with the objects to bring up to date afterwards."""

    def __init__(self, transaction: Any) -> None:
        self.transaction = transaction
        self.writes: list[Write] = []
        self.states: list[_State] = []


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

    def bind_along(self, *tables: FromClause) -> None:
        """Have ``Session(binds={Model: engine})`` mean these tables too: SQLAlchemy asks a mapper for its tables."""
        self._all_tables.update(cast(Any, tables))


def listen_for_flushes(model: type[Any], stream: Stream) -> None:
    """Listen to this mapper's flush events alone."""

    def before_insert(_mapper: Any, _connection: Connection, state: _State) -> None:
        for write in begun(stream, state):
            _collect(stream, state, write)

    def before_update(_mapper: Any, _connection: Connection, state: _State) -> None:
        write = changed(stream, state)
        if write is not None:
            _collect(stream, state, write)

    def before_delete(_mapper: Any, _connection: Connection, state: _State) -> None:
        _collect(stream, state, ended(stream, state))

    def after(_mapper: Any, connection: Connection, state: _State) -> None:
        pending = _session(state).info.pop(stream, None)
        if pending is not None:
            _write(stream, connection, pending)
            remember_written(_session(state), pending.states)

    for name, listener in (
        ("before_insert", before_insert),
        ("before_update", before_update),
        ("before_delete", before_delete),
        ("after_insert", after),
        ("after_update", after),
        ("after_delete", after),
    ):
        event.listen(model, name, listener, raw=True)


def _session(state: _State) -> Session:
    return cast(Session, state.session)


def _collect(stream: Stream, state: _State, write: Write) -> None:
    session = _session(state)
    refuse_write(stream.model, session, state)
    transaction = session.get_nested_transaction() or session.get_transaction()
    pending = session.info.get(stream)
    if pending is None or pending.transaction is not transaction:
        # A flush that failed half-way left its transaction behind, and what it had collected with it.
        pending = session.info[stream] = _Pending(transaction)
    meta = current_meta()
    if meta is not None:
        write.metadata = {"event_meta": meta}
    pending.writes.append(write)
    pending.states.append(state)


def _write(stream: Stream, connection: Connection, pending: _Pending) -> None:
    writes = pending.writes
    first = pending.states[0]
    expire_after_rollback(_session(first), first.class_, [write.key for write in writes])
    _load_seqs(connection, stream, pending)
    for places in _rounds(writes):
        written = write_events(connection, stream, [writes[place] for place in places])
        for place, result in zip(places, written, strict=True):
            if not writes[place].ends:
                # The flush commits the objects' attributes as they stand when it ends, as after any UPDATE.
                pending.states[place].dict["seq"] = result.seq


def _rounds(writes: Sequence[Write]) -> list[Sequence[int]]:
    """Places of writes that go together: an object that ends and begins anew in one flush has two of them."""
    if len({write.key for write in writes}) == len(writes):
        return [range(len(writes))]
    rounds: list[dict[Any, int]] = []
    for place, write in enumerate(writes):
        room = next((r for r in rounds if write.key not in r), None)
        if room is None:
            rounds.append(room := {})
        room[write.key] = place
    return [list(room.values()) for room in rounds]


def _load_seqs(connection: Connection, stream: Stream, pending: _Pending) -> None:
    """Load the seq of objects that have expired, as SQLAlchemy loads an expired version counter at the flush."""
    unknown = [
        (write, state)
        for write, state in zip(pending.writes, pending.states, strict=True)
        if write.expected_seq is None and write.expect is Expect.SEQ
    ]
    if not unknown:
        return
    heads = heads_of(connection, stream, [write.key for write, _ in unknown])
    for write, state in unknown:
        if write.key in heads:
            write.expected_seq = heads[write.key][0]
        # The end of a flush asks for the identity, which would load each expired object by itself.
        for key, part in zip(stream.context_keys, write.key, strict=True):
            state.dict.setdefault(key, part)
