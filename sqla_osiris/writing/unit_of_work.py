"""What a session's flush does with a model's objects: one changed object is one event.

The mapper has no table to write to, so SQLAlchemy's unit of work sorts, synchronises relationships and keeps its
books as ever, and emits nothing itself. The mapper's ``before_*`` events collect what changed; the first
``after_*`` event of the batch writes it all, so that a thousand objects cost a few statements.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any, NoReturn, cast

from sqlalchemy import Connection, FromClause, TableClause, event
from sqlalchemy.orm import InstanceState, Mapper, Session, bulk_persistence
from sqlalchemy.orm.attributes import set_committed_value

from sqla_osiris.conflicts import ConcurrentAppend, of_a_flush
from sqla_osiris.databases.plan import Expect, Write, Written
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import NotExpressible
from sqla_osiris.reading.past_sessions import refuse_write
from sqla_osiris.reducers import First
from sqla_osiris.schema.event_context import NOTHING, current_context
from sqla_osiris.schema.fold_table import refuse
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.atomic_expressions import expire_overtaken
from sqla_osiris.writing.changes import begun, changed, ended, know_before
from sqla_osiris.writing.changes_in_place import (
    holds_changeable,
    join_session,
    notice_changes_of,
    remember_written,
)
from sqla_osiris.writing.children import see_to_children
from sqla_osiris.writing.describing import DESCRIBED, described_writes
from sqla_osiris.writing.head_changes import plan_of
from sqla_osiris.writing.savepoints import expire_after_rollback
from sqla_osiris.writing.writer import write_events

__all__ = ["EventSourcedMapper", "is_bulk_write", "know_times", "listen_for_flushes"]

_State = InstanceState[Any]
_Makes = Callable[[Log, _State], list[Write]]


class _Pending:
    """The objects collected in one flush of one mapper, each with what makes its writes and the connection for them."""

    def __init__(self, transaction: Any) -> None:
        self.transaction = transaction
        self.objects: list[tuple[Connection, _State, _Makes]] = []


class EventSourcedMapper(Mapper[Any]):
    """A mapper without tables to write to, which refuses the bulk operations that ask for them."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        # SQLAlchemy counts what it may write to; tools ask here which table a column is of.
        self.tables: Sequence[TableClause] = [cast(Any, self.local_table)]
        # Whatever is asked for, it is there when the event is written, and no row before.
        self.eager_defaults = False

    @property
    def _sorted_tables(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        # SQLAlchemy's bulk operations (bulk_insert_mappings, an insert() or update() with a list) fire no event
        # of the mapper, and without a table to write to they would silently do nothing. They differ from a
        # flush by nothing but the function that asks. So it is with post_update, an UPDATE after the flush's own.
        asks = sys._getframe(1).f_code.co_name  # noqa: SLF001  (see above)
        if asks.startswith("_bulk_"):
            refuse(self.class_.__name__)
        if asks.endswith("post_update"):
            _refuse_post_update(self.class_.__name__)
        return {}

    @property
    def _single_table_criterion(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        # What an ORM-enabled UPDATE or DELETE asks the mapper for, also of an alias, which has an ordinary FROM element.
        if is_bulk_write(sys._getframe(1)):  # noqa: SLF001  (see above)
            refuse(self.class_.__name__)
        return super()._single_table_criterion

    def cascade_iterator(self, type_: str, state: _State, *args: Any, **kw: Any) -> Any:
        """As SQLAlchemy's, which asks for it whenever an object is added to a session, or deleted."""
        if type_ == "save-update":
            join_session(state)
        elif type_ == "delete":
            # Again, as a backref may have come after the mapper was configured.
            see_to_children(self)
        return super().cascade_iterator(type_, state, *args, **kw)

    def bind_along(self, *tables: FromClause) -> None:
        """Have ``Session(binds={Model: engine})`` mean these tables too: SQLAlchemy asks a mapper for its tables."""
        self._all_tables.update(cast(Any, tables))


def is_bulk_write(asks: FrameType) -> bool:
    """Whether SQLAlchemy asks this for an UPDATE or DELETE, and not for a SELECT."""
    return asks.f_globals.get("__name__") == bulk_persistence.__name__


def _refuse_post_update(model: str) -> NoReturn:
    raise NotExpressible(
        f"{model}: a relationship with post_update=True sets one of its fields after the flush has written the object's "
        "event, and an event is never changed. Leave post_update out and assign the relationship after a first flush: that "
        "is a second event."
    )


def listen_for_flushes(model: type[Any], log: Log) -> None:
    """Listen to this mapper's flush events alone."""

    def after(_mapper: Any, _connection: Connection, state: _State) -> None:
        session = _session(state)
        pending = session.info.pop(log, None)
        if pending is not None:
            for connection, objects in _by_connection(pending).items():
                _write(log, connection, _written(log, connection, objects))
            remember_written(session, [state for _, state, _ in pending.objects])

    for name, makes in (("insert", begun), ("update", changed), ("delete", ended)):
        event.listen(model, f"before_{name}", partial(_collect, log, makes), raw=True)
        event.listen(model, f"after_{name}", after, raw=True)
    event.listen(model, "mapper_configured", lambda mapper, _class: see_to_children(mapper))


def _session(state: _State) -> Session:
    return cast(Session, state.session)


def _collect(log: Log, makes: _Makes, _mapper: Any, connection: Connection, state: _State) -> None:
    session = _session(state)
    refuse_write(log.model, session, state)
    transaction = session.get_nested_transaction() or session.get_transaction()
    pending = session.info.get(log)
    if pending is None or pending.transaction is not transaction:
        # A flush that failed half-way left its transaction behind, and what it had collected with it.
        pending = session.info[log] = _Pending(transaction)
    # What it says is read when all have been asked: an application's own listeners may assign to it after this one.
    pending.objects.append((connection, state, makes))


def _by_connection(pending: _Pending) -> dict[Connection, list[tuple[_State, _Makes]]]:
    """A session may have a database for each object: SQLAlchemy's ShardedSession does."""
    found: dict[Connection, list[tuple[_State, _Makes]]] = {}
    for connection, state, makes in pending.objects:
        found.setdefault(connection, []).append((state, makes))
    return found


def _written(
    log: Log, connection: Connection, objects: Sequence[tuple[_State, _Makes]]
) -> list[tuple[Write, _State]]:
    """Return what these objects say now. Raises NotExpressible, InvalidValue and ConcurrentAppend."""
    found, surrounding = [], current_context() or NOTHING
    metadata = surrounding.columns
    dirty = [state for state, makes in objects if makes is changed]
    for state in dirty:
        _know_identity(log, state)
    if holds_changeable(log):
        for state in dirty:
            notice_changes_of(state)
    seqs = know_before(connection, log, dirty)
    for state, makes in objects:
        writes: Sequence[Write] = makes(log, state)
        if metadata:
            for write in writes:
                write.metadata = metadata
        if DESCRIBED:
            writes = described_writes(state, writes, surrounding)
        for write in writes:
            if write.expected_seq is None and write.expect is Expect.SEQ:
                write.expected_seq = seqs.get(write.key)
            found.append((write, state))
    return found


def _write(log: Log, connection: Connection, found: list[tuple[Write, _State]]) -> None:
    if not found:
        return
    writes, states = zip(*found, strict=True)
    there = [write.key for write in writes if write.expect is not Expect.NEW]
    expire_after_rollback(_session(states[0]), states[0].class_, there)
    _load_seqs(connection, log, writes)
    for places in _rounds(writes):
        try:
            written = write_events(connection, log, [writes[place] for place in places])
        except ConcurrentAppend as lost:
            raise of_a_flush(lost) from lost.__cause__
        for place, result in zip(places, written, strict=True):
            write = writes[place]
            if result.key is not None:
                states[place].dict.update(zip(log.context_keys, result.key, strict=True))
            if write.expect is Expect.LIVE:
                expire_overtaken(log, states[place], result.seq)
            if not write.ends:
                # The flush commits the objects' attributes as they stand when it ends, as after any UPDATE.
                states[place].dict["seq"] = result.seq
                if log.derived:
                    know_times(log, states[place], write, result)


def know_times(log: Log, state: _State, write: Write, written: Written) -> None:
    """Have an object say when its stream changed last, and a new one when it began; where only the database knows, anew."""
    for field in log.derived.values():
        if isinstance(field.reducer, First) and not write.expect.begins:
            continue
        if written.recorded_at is None:
            # As a flush itself expires what a database made.
            state._expire_attributes(state.dict, [field.key])  # noqa: SLF001
        else:
            set_committed_value(cast(object, state.obj()), field.key, written.recorded_at)


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


def _load_seqs(connection: Connection, log: Log, writes: Sequence[Write]) -> None:
    """Load the seq of objects that have expired, as SQLAlchemy loads an expired version counter at the flush."""
    unknown = [write for write in writes if write.expected_seq is None and write.expect is Expect.SEQ]
    if not unknown:
        return
    database = database_of(connection.dialect)
    heads = database.heads_of(connection, plan_of(log, database), [write.key for write in unknown])
    for write in unknown:
        if write.key in heads:
            write.expected_seq = heads[write.key][0]


def _know_identity(log: Log, state: _State) -> None:
    """The end of a flush asks for the identity, which would load each expired object by itself."""
    if state.expired_attributes and state.key is not None:
        for key, part in zip(log.context_keys, state.key[1], strict=True):
            state.dict.setdefault(key, part)
