"""Compiles a model's declaration: checks what its author wrote, and builds the tables of its log.

It happens once, while the class is created, from the columns that SQLAlchemy's declarative scan has resolved.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    Computed,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.identifiers import (
    is_unreadable,
    refuse_long_columns,
    refuse_long_tables,
    refuse_taken,
)
from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.errors import DeclarationError
from sqla_osiris.schema.constraints import CONSTRAINTS, Declared, constrain_heads, declared_constraints
from sqla_osiris.schema.field import (
    DERIVED,
    REDUCER,
    Field,
    compile_derived,
    compile_field,
    earlier_columns,
    resolve_type,
)
from sqla_osiris.schema.fold_table import FOLDS, fold_table, tables_undone
from sqla_osiris.schema.foreign_keys import (
    MODELS,
    name_own_columns,
    refer_to_heads,
    referred_type,
    table_key,
)
from sqla_osiris.schema.generated_keys import generates_key
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.options import kept_table_options, refuse_column_options, refuse_table_arguments
from sqla_osiris.schema.policies import Every, Inline, SnapshotPolicy, policy_of
from sqla_osiris.schema.tables import (
    TRANSACTIONAL,
    TablePlan,
    archive_table,
    event_table,
    head_table,
    index_beginnings,
    key_table,
)
from sqla_osiris.types.accepted import refuse_array, refuse_collation, refuse_unproven
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.own import context_check
from sqla_osiris.types.portable import keeps_values, stored
from sqla_osiris.types.values import Validator

__all__ = ["check_names", "compile_fields", "compile_log", "refuse_reserved", "take_state_type"]

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


def compile_log(
    model: str,
    name: str,
    metadata: MetaData,
    *args: Any,
    policy: SnapshotPolicy | None,
    hints: Mapping[str, TypeEngine[Any]],
    **kw: Any,
) -> Log:
    """Compile what declarative would give to ``Table``. Raises DeclarationError.

    ``hints`` are types by attribute name for columns that have a foreign key and no type of their own.
    ``heads`` is the name of their table where the model gives one; ``archive`` asks for an archive table,
    ``append_only`` for a log that the database protects, ``notify`` for one whose inserts it notifies, ``sql_only`` for
    constraints that other stores need not enforce.
    """
    declared = [item for item in args if isinstance(item, Column)]
    derived = [column for column in declared if DERIVED in column.info]
    columns = [column for column in declared if DERIVED not in column.info]
    policy = _policy(model, policy, columns)
    inline = isinstance(policy, Inline)
    arguments = [item for item in args if not isinstance(item, Column)]
    refuse_table_arguments(model, arguments, CONSTRAINTS, inline=inline)
    heads = _heads_name(model, name, kw.pop("heads"))
    asked = {name: kw.pop(name) for name in ("archive", "append_only", "notify", "sql_only")}
    schema, options = kw.pop("schema", None), kept_table_options(model, kw)
    if not isinstance(schema, str | None):
        raise DeclarationError(f"{model}.__table_args__: schema={schema!r}: a name was expected.")
    if not any(column.primary_key for column in columns):
        columns = [Column("context", String(255), primary_key=True), *columns]
    contexts = [column for column in columns if column.primary_key]
    check_names(model, [*columns, *derived])
    _check_contexts(model, contexts, inline=inline)
    name_own_columns(name, schema, columns)
    own = table_key(name, schema, metadata), columns
    for column in columns:
        referred = (referred_type(key, column, metadata, own) for key in column.foreign_keys)
        resolve_type(model, column, next(referred, None), hints.get(column.key))
    fields = compile_fields(model, name, columns, inline=inline)
    _check_earlier(model, fields, contexts)
    options = {**TRANSACTIONAL, **options}
    plan = TablePlan(name, heads, metadata, schema, contexts, columns, fields, policy, options)
    _check_tables(model, plan, archive=asked["archive"])
    with tables_undone(metadata):
        metadata.info.setdefault(MODELS, {})[own[0]] = plan
        return _with_tables(model, plan, asked, declared_constraints(columns, arguments), derived)


def compile_fields(
    model: str, table: str, columns: Sequence[Column[Any]], *, inline: bool
) -> dict[str, Field]:
    """Compile the columns that are no contexts, by name. Raises DeclarationError, also where there are none."""
    for column in columns:
        if isinstance(column.type, Encrypted):
            column.type = column.type.of_column(table, column.name)
    fields = {c.name: compile_field(model, c, inline=inline) for c in columns if not c.primary_key}
    if not fields:
        raise DeclarationError(f"{model} declares no field: add a Latest(...) or an Aggregate(...).")
    return fields


def _check_tables(model: str, plan: TablePlan, *, archive: bool) -> None:
    """Raise DeclarationError for tables or columns that some database could not make under their names."""
    columns: dict[str, list[str]] = {name: [] for name in earlier_columns(plan.fields.values())}
    columns |= {context.name: [] for context in plan.contexts}
    for name, field in plan.fields.items():
        kept = [plan.shown(name)] if plan.keeps_state(field) else []
        columns[name] = [*field.sql.accumulators(name), *kept]
    refuse_long_columns(model, columns)
    kinds = ["event", *(["event_archive"] if archive else [])]
    kinds += ["key"] if any(field.encrypted is not None for field in plan.fields.values()) else []
    tables = [plan.heads, *(f"{plan.name}_{kind}" for kind in kinds)]
    refuse_long_tables(model, plan.name, tables)
    refuse_taken(model, plan.metadata, plan.schema, tables)


def _with_tables(
    model: str,
    plan: TablePlan,
    asked: Mapping[str, bool],
    constraints: Sequence[Declared],
    derived: Sequence[Column[Any]],
) -> Log:
    fields, columns = plan.fields, plan.columns
    checks = tuple(_context_check(model, column) for column in plan.contexts)
    for column in columns:
        if column.name not in fields:
            column.type = stored(column.type, key=True)
        else:
            take_state_type(plan, column)
    from_events = {column.name: compile_derived(model, column) for column in derived}
    for column in derived:
        column.type = from_events[column.name].sql.state_type
    heads, events = head_table(plan), event_table(plan)
    generates = generates_key(model, heads)
    if generates:
        index_beginnings(events)
    for context in plan.contexts:
        _derive(context, heads.c[context.name])
    unique = [column for column in columns if column.unique]
    for column in columns:
        column.index = column.unique = None
    # Tools that make forms and schemas need not be given a generated column, and an empty input where it may be NULL.
    seq = Column("seq", BigInteger, Computed("seq"))
    folded = fold_table(
        model, plan.name, plan.metadata, [*columns, *derived, seq], [item for item, _ in constraints]
    )
    folded.plan = plan
    constrain_heads(model, plan, heads, constraints)
    for name in filter(_unique_columns(heads).__contains__, fields):
        _derive(folded.c[name], heads.c[name])
    refer_to_heads((*plan.metadata.tables.values(), *plan.metadata.info[FOLDS]))
    for column in unique:
        column.unique = True  # a form asks for it, to say which value is there already
    archived = archive_table(plan) if asked["archive"] else None
    return Log(
        model,
        tuple(plan.contexts),
        checks,
        dict(fields),
        plan.policy,
        *(events, heads, folded, archived),
        asked["append_only"],
        asked["notify"],
        _key_table(model, plan),
        generates,
        derived=from_events,
        sql_only=asked["sql_only"],
    )


def take_state_type(plan: TablePlan, column: Column[Any]) -> None:
    """Give a field's column, whose type is the touches', the type of the state."""
    field = plan.fields[column.name]
    if not _keeps_type(field, column):
        column.type = field.sql.kept_state_type if plan.keeps_state(field) else field.sql.state_type


def _context_check(model: str, column: Column[Any]) -> Validator:
    where = f"{model}.{column.key}"
    refuse_array(where, column.type, "a context is a value")
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


def _keeps_type(field: Field, column: Column[Any]) -> bool:
    """Mutable.as_mutable() finds its columns by the type object, so a type stays the one declared if it can."""
    return field.sql.picks and (
        keeps_values(column.type) or isinstance(plain_type(column.type), JSON | ARRAY)
    )


def _unique_columns(heads: Table) -> set[str]:
    """Return the columns beside the key that a foreign key may refer to."""
    found: list[Any] = [each for each in heads.constraints if isinstance(each, UniqueConstraint)]
    found += [index for index in heads.indexes if index.unique]
    return {column.name for each in found for column in each.columns}


def _derive(state: Column[Any], head: Column[Any]) -> None:
    """Make a foreign key to the head one to the state: both have a row for each context.

    SQLAlchemy follows a foreign key to the columns that derive from its target; nothing public says so of a
    column that exists.
    """
    vars(state)["proxy_set"] = frozenset({state, head})
    # It remains its own origin: tools that look for one ask the origin whether it may be NULL.
    vars(state)["base_columns"] = frozenset({state})


def check_names(model: str, columns: Sequence[Column[Any]]) -> None:
    """Raise DeclarationError for names that a column cannot have in the tables of a log, or that two have."""
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
        check_names(model, [Column(name, type_)])
        if name.lower() in known:
            raise DeclarationError(
                f"{model}: an upcast reads the column {name}, which is a field's own still. New events need a column of "
                f"another name: give the field one, Latest('{name}_2', …), and the attribute may keep its name."
            )


def _heads_name(model: str, table: str, given: Any) -> str:
    if given is None:
        return f"{table}_snapshot"
    others = [f"{table}_{kind}" for kind in ("event", "event_archive", "key", "event_views", "event_guard")]
    if not isinstance(given, str) or not given or is_unreadable(given) or given in others:
        raise DeclarationError(
            f"{model}.__snapshot_table__ is {given!r}: the name of the table of heads was expected, {table!r} itself for "
            f"one. The log's other tables are called {', '.join(others)}."
        )
    return given


def _policy(model: str, policy: SnapshotPolicy | None, columns: Sequence[Column[Any]]) -> SnapshotPolicy:
    if policy is None:
        grows = any(getattr(column.info.get(REDUCER), "grows", False) for column in columns)
        return Every(1000) if grows else Inline()
    policy = policy_of(policy)
    if not isinstance(policy, SnapshotPolicy):
        raise DeclarationError(f"{model}.__snapshot__ is {policy!r}; it takes Inline(), Every(n) or Never().")
    return policy
