"""A model's declaration, compiled: its contexts, fields and policy, and the tables that hold its log."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    FromClause,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    bindparam,
    select,
    union_all,
)

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import NewKey
from sqla_osiris.errors import DeclarationError, InvalidValue, UnknownField
from sqla_osiris.forms.form import SQLAccumulator
from sqla_osiris.reducers import Reducer
from sqla_osiris.schema.field import Field, as_read
from sqla_osiris.schema.fingerprints import fingerprint_of
from sqla_osiris.schema.fold_table import FoldTable
from sqla_osiris.schema.metadata import METADATA_CHECKS
from sqla_osiris.schema.policies import Inline, SnapshotPolicy
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.values import Validator

__all__ = [
    "END",
    "LOGS",
    "Field",
    "Log",
    "context_binds",
    "log_of",
    "logs_of",
    "no_fields",
    "settle_keys",
    "whole_log_of",
]

END: Final = "*"
"""What ``osiris_cleared`` holds in the event that ends a stream; else the names touched with None."""

OWN_CHECK: Final = "sqla_osiris"
"""In the info of the CHECK that a tombstone refuses appends by."""

LOGS: Final = "sqla_osiris.logs"
"""In an application's ``MetaData.info``: the logs of its models, by the key of the event table."""


@dataclass(frozen=True)
class Accumulator:
    """A column of the head that holds what the touches of ``field`` fold to."""

    field: str
    form: SQLAccumulator


@dataclass(frozen=True, eq=False)
class Log:
    """Everything that the library knows of a model."""

    model: str
    contexts: tuple[Column[Any], ...]
    context_checks: tuple[Validator, ...]
    fields: dict[str, Field]
    policy: SnapshotPolicy
    events: Table
    heads: Table
    folded: FoldTable
    archive: Table | None = None
    append_only: bool = False
    notifies: bool = False
    keys: Table | None = None
    generates: bool = False
    """Whether the database gives the key of a stream that begins without one."""
    context_keys: list[str] = dataclass_field(default_factory=list)
    derived: dict[str, Field] = dataclass_field(default_factory=dict)
    """By column name, what folds the events' ``recorded_at``: read where it is asked for, and stored by no SQL database."""
    sql_only: bool = False
    """Whether stores that cannot enforce the constraints keep the model all the same."""
    discriminator: dict[str, Mapping[Any, Any]] = dataclass_field(default_factory=dict)
    """By column name, the identities of the classes that share the log, where there are any."""
    views: list[Any] = dataclass_field(default_factory=list)
    """The :class:`Grouping` of each view of it that has snapshots, as far as they are declared."""
    mutables: dict[str, Any] = dataclass_field(default_factory=dict)
    """By attribute, the SQLAlchemy ``Mutable`` class of a state that tells of its changes in place."""

    @property
    def context_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.contexts)

    def context_columns(self, rows: FromClause) -> list[ColumnElement[Any]]:
        """Return the context's columns of a table, or of a subquery that has them."""
        return [rows.c[name] for name in self.context_names]

    def same_context(self, rows: FromClause, others: FromClause) -> list[ColumnElement[bool]]:
        """Return the conditions that a row is of the same context as another one."""
        return [rows.c[name] == others.c[name] for name in self.context_names]

    def in_context(self, rows: FromClause) -> list[ColumnElement[bool]]:
        """Return the conditions that a row is of the context that :func:`context_binds` binds."""
        return [
            rows.c[name] == bindparam(f"k{i}", type_=self.heads.c[name].type)
            for i, name in enumerate(self.context_names)
        ]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables that hold the log, and its keys: what is created, emptied and migrated together."""
        keys = () if self.keys is None else (self.keys,)
        return (self.heads, *self.event_tables, *keys)

    @property
    def event_tables(self) -> tuple[Table, ...]:
        """The tables that hold events: the event table, and the archive where the model declares one."""
        return (self.events,) if self.archive is None else (self.events, self.archive)

    @property
    def append_only_tables(self) -> tuple[Table, ...]:
        """The tables that the database protects: of events, and of heads that stand where programs know a table."""
        if not self.append_only:
            return ()
        return (*self.event_tables, *([self.heads] if self.heads_are_named else []))

    @property
    def heads_are_named(self) -> bool:
        """Whether the model gives the table of heads a name of its own."""
        return self.heads.name != f"{self.folded.name}_snapshot"

    @cached_property
    def event_rows(self) -> tuple[FromClause, ...]:
        """The event tables as they are read: what events of earlier versions wrote is told in the fields that read it."""
        return tuple(as_read(table, self.fields) for table in self.event_tables)

    def rows_of(self, table: Table) -> FromClause:
        """One of the event tables as it is read."""
        return self.event_rows[self.event_tables.index(table)]

    @cached_property
    def rows(self) -> FromClause:
        """All events as they are read: of the event table, and with it of the archive where the model declares one."""
        if self.archive is None:
            return self.event_rows[0]
        return union_all(*map(select, self.event_rows)).subquery("log")

    @cached_property
    def by_key(self) -> dict[str, Field]:
        return {field.key: field for field in self.fields.values()}

    @cached_property
    def required(self) -> frozenset[str]:
        """The column names of the fields that the first event of a stream must touch."""
        return frozenset(name for name, field in self.fields.items() if field.required)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The :class:`~sqlalchemy.ColumnDefault`s of contexts and fields, by column name."""
        declared = {column.name: column.default for column in self.contexts}
        declared |= {name: field.default for name, field in self.fields.items()}
        given = ((name, default) for name, default in declared.items() if default is not None)
        # A sequence is the database's.
        return {name: default for name, default in given if not default.is_sequence}

    @cached_property
    def opening(self) -> frozenset[str]:
        """The column names of the fields without which no event is written as the first of a stream: their defaults come."""
        return self.required | (self.defaults.keys() & self.fields.keys())

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns that a model declares."""
        return (*self.context_names, *self.fields)

    @cached_property
    def encrypted(self) -> dict[str, Encrypted[Any]]:
        """The types of the fields that are stored encrypted, by column name; ``keys`` is there if there are any."""
        types = ((name, field.encrypted) for name, field in self.fields.items())
        return {name: type_ for name, type_ in types if type_ is not None}

    @cached_property
    def remaking(self) -> dict[str, Callable[[Any], Any]]:
        """Return what a store gives back of a touch, by the field's key: of users' own types that convert alone."""
        return {field.key: field.remade for field in self.fields.values() if field.remade is not None}

    def as_given_back(self, touches: Mapping[str, Any]) -> dict[str, Any]:
        """Checked touches by their fields' keys, as a store gives them back."""
        given = {self.fields[name].key: touch for name, touch in touches.items()}
        if self.remaking:
            for key in self.remaking.keys() & given.keys():
                if given[key] is not None:
                    given[key] = self.remaking[key](given[key])
        return given

    @cached_property
    def folded_fields(self) -> dict[str, Field]:
        """All that a fold in Python has an accumulator of, by column name."""
        return {**self.fields, **self.derived}

    @cached_property
    def reducers(self) -> dict[str, Reducer]:
        return {field.key: field.reducer for field in self.folded_fields.values()}

    @cached_property
    def checked(self) -> bool:
        """Whether a CHECK holds of the present, other than the library's own and those that types bring along."""
        checks = (c for c in self.heads.constraints if isinstance(c, CheckConstraint))
        return any(not (c._type_bound or OWN_CHECK in c.info) for c in checks)  # noqa: SLF001  (nothing public says it)

    @cached_property
    def constrained(self) -> bool:
        """Whether the database may refuse a state, so that event and state are of one transaction, a stale head's too."""
        return self.checked or self.unique

    @cached_property
    def unique(self) -> bool:
        """Whether anything but the context is unique among the streams that live."""
        own = (CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint)
        kept = any(not isinstance(constraint, own) for constraint in self.heads.constraints)
        return kept or any(index.unique for index in self.heads.indexes)

    @cached_property
    def fingerprint(self) -> int:
        """Changes with the fields, their reducers and the policy: 63 bits of a hash, never STALE."""
        return fingerprint_of(self.policy, self.fields)

    @cached_property
    def fingerprint_in_documents(self) -> int:
        """The same of a snapshot in a store that is no SQL database: it also has what derives from events."""
        return fingerprint_of(self.policy, self.folded_fields)

    def hides(self, key: str) -> bool:
        """Whether the field of this attribute is encrypted, so that no message may have its values."""
        field = self.by_key.get(key)
        return field is not None and field.encrypted is not None

    @cached_property
    def accumulators(self) -> dict[str, Accumulator]:
        """By the name of the head's column."""
        return {
            column: Accumulator(name, form)
            for name, field in self.fields.items()
            for column, form in field.sql.accumulators(name).items()
        }

    def folds_in_python(self, database: Database) -> bool:
        """Whether any field is folded in Python on this database."""
        return any(field.sql.in_python(database) for field in self.fields.values())

    def merges_inline(self, database: Database) -> bool:
        """Whether the statement that writes an event merges it; else ``Inline()`` folds right after it."""
        return isinstance(self.policy, Inline) and not self.folds_in_python(database)

    def folds_after(self, database: Database) -> bool:
        """Whether ``Inline()`` folds right after an event is written, in its transaction: readers must see both or none."""
        return isinstance(self.policy, Inline) and self.folds_in_python(database)

    def key_of(self, context: Any) -> tuple[Any, ...]:
        """The context as a tuple of column values, checked. Raises InvalidValue."""
        parts = context if isinstance(context, tuple) else (context,)
        checks = self.context_checks
        if len(parts) != len(checks):
            names = ", ".join(self.context_names)
            raise InvalidValue(
                f"{self.model}: the context {context!r} has {len(parts)} parts, expected {len(checks)} ({names})."
            )
        if None in parts:
            name = self.contexts[parts.index(None)].key
            advice = (
                " An SQL database gives a new one to an object that a session adds, and to append(None, ...) and "
                "NewEvent(None, ...)."
                if self.generates
                else ""
            )
            raise InvalidValue(
                f"{self.model}.{name}: the context is missing (None). Every event needs the key of its stream.{advice}"
            )
        try:
            return tuple([check(part) for check, part in zip(checks, parts, strict=True)])
        except ValueError as error:
            names = ", ".join(self.context_names)
            raise InvalidValue(f"{self.model}.{names}: {error}.") from error

    def new_key(self, context: Any) -> tuple[Any, ...]:
        """As :meth:`key_of`; of None a :class:`NewKey` where the database gives the key of a new stream."""
        if self.generates and (context is None or (isinstance(context, tuple) and context == (None,))):
            return (NewKey(),)
        return self.key_of(context)

    def keys_of(self, contexts: Sequence[Any]) -> list[tuple[Any, ...]]:
        """As :meth:`key_of` for each of them, none of which is None."""
        if len(self.contexts) == 1:
            check = self.context_checks[0]
            # The slow way says of which context, and what is wrong.
            with suppress(ValueError):
                return [(check(context),) for context in contexts]
        return [self.key_of(context) for context in contexts]

    def context_of(self, key: Sequence[Any]) -> Any:
        """The context as its users write it: a tuple for a composite one alone."""
        return key[0] if len(self.contexts) == 1 else tuple(key)

    def metadata(
        self,
        event_id: Any = None,
        event_type: Any = None,
        event_meta: Any = None,
        recorded_at: Any = None,
    ) -> dict[str, Any]:
        """An event's metadata by column name, checked, without what is None. Raises InvalidValue."""
        checked = {}
        given = event_id, event_type, event_meta, recorded_at
        for (name, check), value in zip(METADATA_CHECKS.items(), given, strict=True):
            if value is not None:
                try:
                    checked[name] = check(value)
                except ValueError as error:
                    raise InvalidValue(f"{self.model}: {name}: {error}.") from error
        return checked

    def touches(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The checked touches by column name. Raises UnknownField and InvalidValue."""
        checked = {}
        known = self.by_key
        try:
            given = fields.items()
        except AttributeError as error:
            raise no_fields(fields) from error
        for key, touch in given:
            field = known.get(key)
            if field is None:
                raise UnknownField(model=self.model, field=key, known=tuple(known))
            checked[field.name] = field.checked(touch, self.model)
        return checked


def no_fields(fields: Any) -> InvalidValue:
    """The error of an event whose fields are no dict."""
    return InvalidValue(f"NewEvent(fields={fields!r}): a dict of the fields' touches was expected.")


def context_binds(key: Sequence[Any]) -> dict[str, Any]:
    """Return the binds of one context."""
    return {f"k{i}": part for i, part in enumerate(key)}


def settle_keys(log: Log, keys: Mapping[str, str]) -> None:
    """Take over the attribute names that the mapper gave to the columns, by column name."""
    log.context_keys.extend(keys[name] for name in log.context_names)
    for fields in (log.fields, log.derived):
        for name, field in list(fields.items()):
            fields[name] = replace(field, key=keys[name])


def log_of(model: type[Any]) -> Log:
    """The compiled declaration of a model. Raises DeclarationError for any other class."""
    log = getattr(model, "__osiris__", None)
    if not isinstance(log, Log):
        raise DeclarationError(f"{model!r} is not event-sourced: derive it from EventSourced.")
    return log


def whole_log_of(model: type[Any]) -> Log:
    """As :func:`log_of`. Raises DeclarationError for a subclass, which shares the log of its base."""
    log = log_of(model)
    if "__osiris__" not in vars(model):
        raise DeclarationError(
            f"{model.__name__} has no log of its own: its streams are in that of {log.model}. Ask for {log.model}'s, whose "
            "states are of the class that each stream says."
        )
    return log


def logs_of(metadata: MetaData) -> list[Log]:
    """The compiled declarations of all models whose tables are in this metadata."""
    declared: dict[str, Log] = metadata.info.get(LOGS, {})
    return [log for key, log in declared.items() if metadata.tables.get(key) is log.events]
