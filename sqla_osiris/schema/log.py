"""A model's declaration, compiled: its contexts, fields and policy, and the tables that hold its log.

Built once, while the class is created, from the columns that SQLAlchemy's declarative scan has resolved.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Computed,
    DateTime,
    FromClause,
    MetaData,
    String,
    Table,
    Uuid,
    select,
    union_all,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.identifiers import (
    is_unreadable,
    refuse_long_columns,
    refuse_long_tables,
    refuse_taken,
)
from sqla_osiris.databases.wire import plain_type
from sqla_osiris.declarative.fields import REDUCER
from sqla_osiris.errors import DeclarationError, InvalidValue, UnknownField
from sqla_osiris.forms.form import SQLAccumulator
from sqla_osiris.reducers import Reducer
from sqla_osiris.schema.checks import no_fields
from sqla_osiris.schema.field import Field, compile_field, resolve_type
from sqla_osiris.schema.fold_table import FoldTable, fold_table, refuse_keys_to_states, tables_undone
from sqla_osiris.schema.options import (
    kept_table_options,
    refuse_column_options,
    refuse_table_arguments,
)
from sqla_osiris.schema.policies import Every, Inline, SnapshotPolicy
from sqla_osiris.schema.tables import (
    TablePlan,
    archive_table,
    event_table,
    head_table,
    key_table,
    state_column,
)
from sqla_osiris.schema.upcasts import as_read, earlier_columns
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.own import context_check
from sqla_osiris.types.portable import keeps_values, stored
from sqla_osiris.types.proven import refuse_collation, refuse_unproven
from sqla_osiris.types.values import Validator, validator

__all__ = [
    "END",
    "Field",
    "Stream",
    "compile_stream",
    "fingerprint_of",
    "refuse_reserved",
    "settle_keys",
]

END: Final = "*"
"""What ``osiris_cleared`` holds in the event that ends a stream; else the names touched with None."""

_RESERVED = frozenset(
    {"seq", "position", "recorded_at", "event_id", "event_type", "event_meta", "expected_seq"}
)

# SQLite reads them as numbers where a subquery gives them as names, quoted or not.
_UNREADABLE = frozenset({"true", "false"})


def refuse_reserved(model: str, name: str) -> None:
    """Raise DeclarationError for a name that every event has already."""
    if name in _RESERVED or name.startswith("osiris_"):
        raise DeclarationError(
            f"{model}.{name}: the name is taken by every event's own columns "
            f"({', '.join(sorted(_RESERVED))}, osiris_…). Choose another."
        )


@dataclass(frozen=True)
class Accumulator:
    """A column of the head that holds what the touches of ``field`` fold to."""

    field: str
    form: SQLAccumulator


@dataclass(frozen=True, eq=False)
class Stream:
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
    context_keys: list[str] = dataclass_field(default_factory=list)
    views: list[Any] = dataclass_field(default_factory=list)
    """The :class:`Grouping` of each view of it that has snapshots, as far as they are declared."""
    mutables: dict[str, Any] = dataclass_field(default_factory=dict)
    """By attribute, the SQLAlchemy ``Mutable`` class of a state that tells of its changes in place."""

    @property
    def context_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.contexts)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables that hold the log, and its keys: what is created, emptied and migrated together."""
        keys = () if self.keys is None else (self.keys,)
        return (self.heads, *self.event_tables, *keys)

    @property
    def event_tables(self) -> tuple[Table, ...]:
        """The tables that hold events: the event table, and the archive where the model declares one."""
        return (self.events,) if self.archive is None else (self.events, self.archive)

    @cached_property
    def event_rows(self) -> tuple[FromClause, ...]:
        """The event tables as they are read: what events of earlier versions wrote is told in the fields that read it."""
        return tuple(as_read(table, self.fields) for table in self.event_tables)

    def rows_of(self, table: Table) -> FromClause:
        """One of the event tables as it is read."""
        return self.event_rows[self.event_tables.index(table)]

    @cached_property
    def log(self) -> FromClause:
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
    def encrypted(self) -> dict[str, Encrypted[Any]]:
        """The types of the fields that are stored encrypted, by column name; ``keys`` is there if there are any."""
        types = ((name, field.encrypted) for name, field in self.fields.items())
        return {name: type_ for name, type_ in types if type_ is not None}

    @cached_property
    def remaking(self) -> dict[str, Callable[[Any], Any]]:
        """What a store gives back of a touch, by the field's key: of users' own types that convert alone."""
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
    def reducers(self) -> dict[str, Reducer]:
        return {field.key: field.reducer for field in self.fields.values()}

    @cached_property
    def fingerprint(self) -> int:
        """Changes with the fields, their reducers and the policy: 63 bits of a hash, never 0 (= stale)."""
        return fingerprint_of(self.policy, self.fields)

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

    def folds_in_python(self, dialect: str) -> bool:
        """Whether any field is folded in Python on this database."""
        return any(field.sql.in_python(dialect) for field in self.fields.values())

    def merges_inline(self, dialect: str) -> bool:
        """Whether the statement that writes an event merges it; else ``Inline()`` folds right after it."""
        return isinstance(self.policy, Inline) and not self.folds_in_python(dialect)

    def folds_after(self, dialect: str) -> bool:
        """Whether ``Inline()`` folds right after an event is written, in its transaction: readers must see both or none."""
        return isinstance(self.policy, Inline) and self.folds_in_python(dialect)

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
            raise InvalidValue(
                f"{self.model}.{name}: the context is missing (None). Every event needs the key of its stream."
            )
        try:
            return tuple([check(part) for check, part in zip(checks, parts, strict=True)])
        except ValueError as error:
            names = ", ".join(self.context_names)
            raise InvalidValue(f"{self.model}.{names}: {error}.") from error

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
        given = {
            "event_id": event_id,
            "event_type": event_type,
            "event_meta": event_meta,
            "recorded_at": recorded_at,
        }
        checked = {}
        for name, value in given.items():
            if value is not None:
                try:
                    checked[name] = METADATA_CHECKS[name](value)
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


def fingerprint_of(policy: SnapshotPolicy, fields: Mapping[str, Field]) -> int:
    """The fingerprint of a model with this policy and these fields, by their columns' names."""
    said = [type(policy).__name__] + [
        " ".join([name, field.reducer.fingerprint(), field.sql.signature(), *_upcasts_said(field)])
        for name, field in sorted(fields.items())
    ]
    digest = hashlib.blake2b("\n".join(said).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _upcasts_said(field: Field) -> list[str]:
    return [upcast.said(field.sql.declared) for upcast in field.upcasts]


_as_json = validator(JSON())


def _json_object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object (a dict) was expected, {value!r} found")
    return _as_json(value)


METADATA_CHECKS: dict[str, Validator] = {
    "event_id": validator(Uuid()),
    "event_type": validator(String(255)),
    "event_meta": _json_object,
    "recorded_at": validator(DateTime(timezone=True)),
}


def settle_keys(stream: Stream, keys: Mapping[str, str]) -> None:
    """Take over the attribute names that the mapper gave to the columns, by column name."""
    stream.context_keys.extend(keys[name] for name in stream.context_names)
    for name, field in list(stream.fields.items()):
        stream.fields[name] = replace(field, key=keys[name])


def compile_stream(
    model: str,
    name: str,
    metadata: MetaData,
    *args: Any,
    policy: SnapshotPolicy | None,
    hints: Mapping[str, TypeEngine[Any]],
    **kw: Any,
) -> Stream:
    """Compile what declarative would give to ``Table``. Raises DeclarationError.

    ``hints`` are types by attribute name for columns that have a foreign key and no type of their own.
    ``archive`` asks for an archive table, ``append_only`` for a log that the database protects, ``notify`` for one whose
    inserts it notifies.
    """
    columns = [item for item in args if isinstance(item, Column)]
    policy = _policy(model, policy, columns)
    inline = isinstance(policy, Inline)
    refuse_table_arguments(model, [item for item in args if not isinstance(item, Column)], inline=inline)
    asked = {name: kw.pop(name) for name in ("archive", "append_only", "notify")}
    schema, options = kw.pop("schema", None), kept_table_options(model, kw)
    if not isinstance(schema, str | None):
        raise DeclarationError(f"{model}.__table_args__: schema={schema!r}: a name was expected.")
    if not any(column.primary_key for column in columns):
        columns = [Column("context", String(255), primary_key=True), *columns]
    contexts = [column for column in columns if column.primary_key]
    _check_names(model, columns)
    _check_contexts(model, contexts, inline=inline)
    refuse_keys_to_states(model, name, schema, metadata, columns)
    for column in columns:
        resolve_type(model, column, metadata, hints.get(column.key))
    fields = _compile_fields(model, name, columns, inline=inline)
    _check_earlier(model, fields, contexts)
    plan = TablePlan(name, metadata, schema, contexts, columns, fields, policy, options)
    _check_tables(model, plan, archive=asked["archive"])
    with tables_undone(metadata):
        return _with_tables(model, plan, asked)


def _compile_fields(
    model: str, table: str, columns: Sequence[Column[Any]], *, inline: bool
) -> dict[str, Field]:
    for column in columns:
        if isinstance(column.type, Encrypted):
            column.type = column.type.of_column(table, column.name)
    fields = {c.name: compile_field(model, c, inline=inline) for c in columns if not c.primary_key}
    if not fields:
        raise DeclarationError(f"{model} declares no field: add a Latest(...) or an Aggregate(...).")
    return fields


def _check_tables(model: str, plan: TablePlan, *, archive: bool) -> None:
    """Raise DeclarationError for tables or columns that some database could not make under their names."""
    inline = isinstance(plan.policy, Inline)
    made: dict[str, list[str]] = {name: [] for name in earlier_columns(plan.fields.values())}
    made |= {context.name: [] for context in plan.contexts}
    for name, field in plan.fields.items():
        kept = [state_column(name)] if inline and field.sql.kept_in_python() else []
        made[name] = [*field.sql.accumulators(name), *kept]
    refuse_long_columns(model, made)
    kinds = ["snapshot", "event", *(["event_archive"] if archive else [])]
    kinds += ["key"] if any(field.encrypted is not None for field in plan.fields.values()) else []
    tables = [f"{plan.name}_{kind}" for kind in kinds]
    refuse_long_tables(model, plan.name, tables)
    refuse_taken(model, plan.metadata, plan.schema, tables)


def _with_tables(model: str, plan: TablePlan, asked: Mapping[str, bool]) -> Stream:
    fields, columns = plan.fields, plan.columns
    checks = tuple(_context_check(model, column) for column in plan.contexts)
    for column in columns:
        if column.name not in fields:
            column.type = stored(column.type, key=True)
        elif not _keeps_type(fields[column.name], column):
            column.type = _state_type(fields[column.name], plan.policy)
    heads, events = head_table(plan), event_table(plan)
    for context in plan.contexts:
        _derive(context, heads.c[context.name])
    for column in columns:
        column.index = None
    # Tools that make forms and schemas neither ask for a generated column nor offer it.
    seq = Column("seq", BigInteger, Computed("seq"), nullable=False)
    folded = fold_table(model, plan.name, plan.metadata, [*columns, seq])
    archived = archive_table(plan) if asked["archive"] else None
    return Stream(
        model,
        tuple(plan.contexts),
        checks,
        dict(fields),
        plan.policy,
        *(events, heads, folded, archived),
        asked["append_only"],
        asked["notify"],
        _key_table(model, plan),
    )


def _context_check(model: str, column: Column[Any]) -> Validator:
    where = f"{model}.{column.key}"
    refuse_unproven(where, column.type)
    refuse_collation(where, column.type, "contexts are told apart as")
    return context_check(column.type)


def _check_contexts(model: str, contexts: Sequence[Column[Any]], *, inline: bool) -> None:
    for column in contexts:
        where = f"{model}.{column.key}"
        if REDUCER in column.info:
            raise DeclarationError(f"{where}: a part of the key folds nothing. Declare it as Context().")
        if isinstance(column.type, Encrypted):
            raise DeclarationError(
                f"{where}: a context cannot be encrypted: streams are found by it. Use an id that means nothing elsewhere."
            )
        refuse_column_options(where, column, inline=inline, composite=len(contexts) > 1)


def _key_table(model: str, plan: TablePlan) -> Table | None:
    encrypted = [field.encrypted for field in plan.fields.values() if field.encrypted is not None]
    if any(type_.master_key != encrypted[0].master_key for type_ in encrypted):
        raise DeclarationError(
            f"{model}: encrypted fields with different master keys: one key of each context encrypts them all. Give them "
            "the same master_key=."
        )
    return key_table(plan) if encrypted else None


def _state_type(field: Field, policy: SnapshotPolicy) -> TypeEngine[Any]:
    kept = isinstance(policy, Inline) and field.sql.kept_in_python()
    return field.sql.kept_state_type if kept else field.sql.state_type


def _keeps_type(field: Field, column: Column[Any]) -> bool:
    """Mutable.as_mutable() finds its columns by the type object, so a type stays the one declared if it can."""
    return field.sql.picks and (keeps_values(column.type) or isinstance(plain_type(column.type), JSON))


def _derive(context: Column[Any], head: Column[Any]) -> None:
    """Make a foreign key to the head one to the state: both have a row for each context.

    SQLAlchemy follows a foreign key to the columns that derive from its target; nothing public says so of a
    column that exists.
    """
    vars(context)["proxy_set"] = frozenset({context, head})
    # A column with foreign keys of its own must remain its own origin.
    vars(context)["base_columns"] = frozenset({context} if context.foreign_keys else {head})


def _check_names(model: str, columns: Sequence[Column[Any]]) -> None:
    seen: set[str] = set()
    for column in columns:
        for name in {column.name, column.key}:
            refuse_reserved(model, name)
        if not re.fullmatch(r"[^,*%_\\][^,*\\]*", column.name) or is_unreadable(column.name):
            raise DeclarationError(f"{model}.{column.key}: a column's name cannot be {column.name!r}.")
        if column.name.lower() in _UNREADABLE:
            raise DeclarationError(
                f"{model}.{column.key}: SQLite cannot tell a column {column.name!r} from a number. "
                "Give it another name: Latest('is_true', Boolean)."
            )
        if column.name.lower() in seen:
            raise DeclarationError(f"{model} has two fields of the column name {column.name!r}. Rename one.")
        seen.add(column.name.lower())


def _check_earlier(model: str, fields: Mapping[str, Field], contexts: Sequence[Column[Any]]) -> None:
    known = {name.lower() for name in (*fields, *(column.name for column in contexts))}
    for name, type_ in earlier_columns(fields.values()).items():
        _check_names(model, [Column(name, type_)])
        if name.lower() in known:
            raise DeclarationError(
                f"{model}: an upcast reads the column {name}, which is a field's own still. New events need a column of "
                f"another name: give the field one, Latest('{name}_2', …), and the attribute may keep its name."
            )


def _policy(model: str, policy: SnapshotPolicy | None, columns: Sequence[Column[Any]]) -> SnapshotPolicy:
    if policy is None:
        grows = any(getattr(column.info.get(REDUCER), "grows", False) for column in columns)
        return Every(1000) if grows else Inline()
    if isinstance(policy, type) and issubclass(policy, SnapshotPolicy):
        policy = policy()
    if not isinstance(policy, SnapshotPolicy):
        raise DeclarationError(f"{model}.__snapshot__ is {policy!r}; it takes Inline(), Every(n) or Never().")
    return policy
