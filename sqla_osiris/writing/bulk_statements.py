"""``session.execute(update(Model)…)`` and ``delete(Model)``: one event of each living stream that the criteria find.

A model has no row to update, so a SELECT chooses: it finds the streams and what the values come to, and locks their heads,
so that no stream is ended twice and no change is lost. The events follow together, as a flush writes those of many objects.

SQLAlchemy executes a statement of a mapped class by the class that its registry of plugins has for ORM statements, before
any SQL is made of it. That is where these come in, for the statements of models alone: it comes after an application's own
``do_orm_execute`` listeners, and costs other statements nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Delete, Select, Update, select, type_coerce
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.orm import Mapper, Session, attributes
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import CompileState
from sqlalchemy.util import immutabledict

from sqla_osiris.databases.plan import Expect, Key, Write, Written
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.transactions import refuse_autocommit, translating_undone
from sqla_osiris.errors import NotExpressible
from sqla_osiris.reading.past_sessions import refuse_write
from sqla_osiris.reducers import Last
from sqla_osiris.schema.event_context import NOTHING, current_context
from sqla_osiris.schema.log import Field, Log, log_of
from sqla_osiris.writing.atomic_expressions import EXPRESSION, NO_TOUCH, difference_of
from sqla_osiris.writing.changes import is_the_old, refuse_assignment
from sqla_osiris.writing.changes_in_place import can_change_in_place, is_same
from sqla_osiris.writing.savepoints import expire_after_rollback
from sqla_osiris.writing.unit_of_work import EventSourcedMapper, know_times
from sqla_osiris.writing.writer import write_events

__all__ = ["execute_bulk_statements"]

_OPTIONS: Final = "_sa_orm_update_options"


def execute_bulk_statements() -> None:
    """Have UPDATE and DELETE statements of models executed as events, from the first model on."""
    for kind in ("update", "delete"):
        known: Any = CompileState.plugins["orm", kind]
        if not issubclass(known, _OfModels):
            CompileState.plugins["orm", kind] = type(f"{known.__name__}OrEvents", (_OfModels, known), {})


class _OfModels:
    """What comes before SQLAlchemy's own execution of an UPDATE or DELETE."""

    @classmethod
    def orm_pre_session_exec(
        cls, session: Any, statement: Any, params: Any, *rest: Any, **is_pre_event: Any
    ) -> Any:
        """As SQLAlchemy's, which would look for the objects to synchronize here: the SELECT finds them."""
        own: Any = super()
        if _is_of_model(statement, params):
            rest, is_pre_event = rest[:2], {"is_pre_event": True}
        return own.orm_pre_session_exec(session, statement, params, *rest, **is_pre_event)

    @classmethod
    def orm_execute_statement(cls, session: Any, statement: Any, params: Any, *rest: Any) -> Any:
        """Write the events. Statements of other classes, and those that are refused, go SQLAlchemy's way."""
        execution_options, bind_arguments, connection = rest
        strategy = execution_options[_OPTIONS]._dml_strategy  # noqa: SLF001
        if strategy == "orm" and _is_of_model(statement, params):
            bulk = _Bulk(session, connection, statement, params or {}, execution_options)
            return bulk.execute(bind_arguments)
        own: Any = super()
        return own.orm_execute_statement(session, statement, params, *rest)


def _is_of_model(statement: Any, params: Any) -> bool:
    """Whether it is of a model itself: a view is read-only, and an alias and a list of parameters are refused."""
    if not isinstance(statement, Update | Delete) or isinstance(params, list):
        return False
    subject: Any = statement._propagate_attrs.get("plugin_subject")  # noqa: SLF001
    return isinstance(subject, EventSourcedMapper) and hasattr(subject.class_, "__osiris__")


@dataclass(frozen=True, slots=True)
class _Set:
    """A field that is set: to a value, or to an expression, of which the SELECT says what it comes to."""

    field: Field
    value: Any
    expression: Any
    touch: Any
    """The difference that an expression says, whatever stands there; None where only its value is known."""
    settable: bool
    """Whether an object is given its value; else it loads it."""

    def touch_between(self, log: Log, old: Any, new: Any) -> Any:
        """The touch, or NO_TOUCH where nothing changes."""
        if self.touch is not None:
            return self.touch
        equal = log.folded.c[self.field.name].type.compare_values
        if equal(new, old) is True and is_same(new, old):
            return NO_TOUCH
        touch = self.field.touch_between(old, new, log.model)
        return NO_TOUCH if is_the_old(self.field, equal, touch, old) else touch


class _Bulk:
    """One execution of one statement."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        statement: Any,
        params: Mapping[str, Any],
        options: Any,
    ) -> None:
        self.session, self.connection, self.statement, self.params = session, connection, statement, params
        self.options, self.how = options, options[_OPTIONS]
        self.mapper: Mapper[Any] = statement._propagate_attrs["plugin_subject"]  # noqa: SLF001
        self.log = log_of(self.mapper.class_)
        refuse_write(self.log.model, session)
        _refuse_parts(self.log, statement)
        self.ends = isinstance(statement, Delete)
        self.given = [] if self.ends else list(self._given())

    def execute(self, bind_arguments: Mapping[str, Any]) -> "IteratorResult[Any]":
        """Choose, write and synchronize. The result has no rows, and the count of streams that were found."""
        refuse_autocommit(self.connection, self.log.model)
        with translating_undone(self.connection, self.log.model):
            found = self._found(dict(bind_arguments))
        writes = list(self._writes(found))
        written: list[Written] = []
        if writes:
            # A statement that fails leaves nothing of itself, and the transaction as it was.
            with self.connection.begin_nested():
                written = write_events(self.connection, self.log, writes)
        expire_after_rollback(self.session, self.mapper.class_, [write.key for write in writes])
        if self.how._synchronize_session:  # noqa: SLF001
            for write, at in zip(writes, written, strict=True):
                self._synchronize(write, at, found[write.key])
        return _Counted(len(found))

    def _given(self) -> Iterator[_Set]:
        for key, value in self._assigned():
            refuse_assignment(self.log, key)
            field = self.log.by_key[key]
            given, settable = self._value(value), not can_change_in_place(self.log, field)
            if isinstance(given, EXPRESSION):
                _refuse_encrypted(self.log, field, given)
                coerced = type_coerce(given, self.log.folded.c[field.name].type)
                yield _Set(field, None, coerced, difference_of(self.log, field, given), settable)
            else:
                yield _Set(field, given, None, None, settable)

    def _assigned(self) -> Iterator[tuple[str, Any]]:
        """What the statement assigns, and the parameters that name an attribute: they are values too, as in any UPDATE."""
        ordered = getattr(self.statement, "_ordered_values", None)  # SQLAlchemy 2.0
        # A column is found by its hash, an annotated copy's too: == would be an expression.
        keys = {hash(column): each.key for each in self.mapper.column_attrs for column in each.columns}
        for column, value in ordered or (self.statement._values or {}).items():  # noqa: SLF001
            key = keys.get(hash(column))
            if key is None:
                raise NotExpressible(f"{self.log.model} has no field {column!s} that an UPDATE could set.")
            yield key, value
        yield from ((key, self.params[key]) for key in self.log.by_key if key in self.params)

    def _value(self, given: Any) -> Any:
        """The value of a parameter; one that is missing stays an expression, of which SQLAlchemy says so."""
        if not isinstance(given, BindParameter):
            return given
        if given.key in self.params:
            return self.params[given.key]
        return given if given.required else given.effective_value

    def _found(self, bind_arguments: dict[str, Any]) -> dict[Key, Sequence[Any]]:
        """Return by context the seq of each stream, what stands in the fields, and what the expressions come to."""
        database_of(self.connection.dialect).lock_all(self.connection, self.log.heads)
        kept = immutabledict({name: value for name, value in self.options.items() if name != _OPTIONS})
        # As a session does, but on the statement's own connection: it may send a SELECT elsewhere.
        state: Any = CompileState.plugins["orm", "select"]
        # Its third is the parameters, from SQLAlchemy 2.1 on.
        chosen, options, *_ = state.orm_pre_session_exec(
            self.session, self._choice(), self.params, kept, bind_arguments, is_pre_event=False
        )
        rows = state.orm_execute_statement(
            self.session, chosen, self.params, options, bind_arguments, self.connection
        )
        width = len(self.log.context_names)
        found: dict[Key, Sequence[Any]] = {}
        for row in rows:
            # Further tables in the criteria may find a stream several times.
            found.setdefault(tuple(row[:width]), row[width:])
        return found

    def _choice(self) -> "Select[*tuple[Any, ...]]":
        model = self.mapper.class_
        keys = [getattr(model, key) for key in self.log.context_keys]
        olds = [getattr(model, each.field.key) for each in self.given]
        news = [
            each.expression.label(f"new_{i}")
            for i, each in enumerate(self.given)
            if each.expression is not None
        ]
        # In one order, so that two of these wait for each other and meet no deadlock.
        chosen = (
            select(*keys, model.seq, *olds, *news).order_by(*keys).with_for_update(of=model, key_share=True)
        )
        chosen = chosen.options(*self.statement._with_options)  # noqa: SLF001
        return chosen.where(*self.statement._where_criteria)  # noqa: SLF001

    def _writes(self, found: Mapping[Key, Sequence[Any]]) -> Iterator[Write]:
        metadata = (current_context() or NOTHING).columns
        for key, row in found.items():
            touches = {} if self.ends else self._touches(row)
            if self.ends or touches:
                yield Write(key, touches, Expect.SEQ, row[0], self.ends, metadata)

    def _touches(self, row: Sequence[Any]) -> dict[str, Any]:
        """What a stream's event says, in the order of the fields' declaration."""
        said = {}
        for each, old, new in self._values(row):
            said[each.field.name] = each.touch_between(self.log, old, new)
        return {name: said[name] for name in self.log.fields if said.get(name, NO_TOUCH) is not NO_TOUCH}

    def _values(self, row: Sequence[Any]) -> Iterator[tuple[_Set, Any, Any]]:
        """The fields that are set, each with its state before and after."""
        count = len(self.given)
        computed = iter(row[1 + count :])
        for each, old in zip(self.given, row[1 : 1 + count], strict=True):
            yield each, old, each.value if each.expression is None else next(computed)

    def _synchronize(self, write: Write, at: Written, row: Sequence[Any]) -> None:
        """Have the session's object of this stream say what was written, unless it has a change of its own to say."""
        token = self.how._identity_token  # noqa: SLF001
        identity = self.mapper.identity_key_from_primary_key(write.key, identity_token=token)
        instance = self.session.identity_map.get(identity)
        if instance is None:
            return
        state = attributes.instance_state(instance)
        if self.ends:
            self.session._remove_newly_deleted([state])  # noqa: SLF001  (as SQLAlchemy's own)
            return
        changed = {each.field.key for each in self.given} & state.committed_state.keys()
        if state.dict.get("seq") != write.expected_seq or changed:
            # It is older than the event. A change of it would be lost: its flush raises ConcurrentAppend instead.
            if not state.committed_state:
                self.session.expire(instance)
            return
        for each, _, new in self._values(row):
            self._tell(instance, each, write.touches.get(each.field.name, new), new)
        attributes.set_committed_value(instance, "seq", at.seq)
        if self.log.derived:
            know_times(self.log, state, write, at)

    def _tell(self, instance: object, each: _Set, touch: Any, new: Any) -> None:
        field = each.field
        if not each.settable:
            self.session.expire(instance, [field.key])
            return
        value = touch if isinstance(field.reducer, Last) else new
        if field.remade is not None and isinstance(field.reducer, Last) and value is not None:
            value = field.remade(value)
        attributes.set_committed_value(instance, field.key, value)


def _refuse_encrypted(log: Log, field: Field, expression: Any) -> None:
    """Raise NotExpressible where a database would compute with what it cannot read: the event would hold the stored text."""
    sealed = {hash(log.folded.c[each.name]) for each in log.fields.values() if each.encrypted}
    if sealed and any(hash(each) in sealed for each in visitors.iterate(expression)):
        raise NotExpressible(
            f"{log.model}.{field.key}: the expression asks for an encrypted field, which the database cannot read. Load the "
            "objects, and assign values."
        )


def _refuse_parts(log: Log, statement: Any) -> None:
    """Raise NotExpressible for what no SELECT and no event can say."""
    parts: dict[str, Callable[[], Any]] = {
        "returning()": lambda: statement._returning or statement._return_defaults,  # noqa: SLF001
        "add_cte()": lambda: statement._independent_ctes,  # noqa: SLF001
        "an option of a dialect": lambda: statement.kwargs,
    }
    for part, has in parts.items():
        if has():
            raise NotExpressible(
                f"{log.model}: a bulk UPDATE or DELETE with {part} has no event to say it by. Leave it out; a SELECT in "
                "the same transaction, with with_for_update() before the statement, says what it is about."
            )


class _Counted(IteratorResult[Any]):
    """A result without rows, closed, as that of an UPDATE or DELETE is."""

    def __init__(self, rowcount: int) -> None:
        super().__init__(SimpleResultMetaData([]), iter(()))
        self.rowcount = rowcount
        self.returns_rows = False
        self.close()

    def merge(self, *others: Any) -> Any:
        """As of an ordinary result, those of several shards."""
        merged = super().merge(*others)
        merged.rowcount = self.rowcount + sum(each.rowcount for each in others)
        return merged
