"""Which of SQLAlchemy's arguments a declaration keeps, and which it refuses, as no log of events keeps what they promise.

An argument that is neither kept nor harmless is a DeclarationError which names it: nothing is dropped, nor found out at a
flush. ``tests/declaring/test_arguments.py`` lists each one of them with what becomes of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, MetaData, Table
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import FetchedValue

from sqla_osiris.errors import DeclarationError
from sqla_osiris.schema.generated_keys import refuse_generator

__all__ = [
    "copied_keys",
    "described",
    "given_target",
    "kept_table_options",
    "refuse_actions",
    "refuse_column_options",
    "refuse_mapper_arguments",
    "refuse_stored_options",
    "refuse_table_arguments",
    "refuse_view_arguments",
    "refuse_view_options",
]

_OWN: Final = "sqla_osiris."

# What the database does to a row that is referenced by none, or to the referenced one.
_WITHOUT_ACTION: Final = frozenset({"NO ACTION", "RESTRICT"})


_OF_A_KEY: Final = (
    *("name", "onupdate", "ondelete", "deferrable", "initially"),
    *("use_alter", "link_to_name", "match", "comment"),
)


def described(column: Column[Any]) -> dict[str, Any]:
    """Return what a column's author says of it, for its copies in the log and in the heads."""
    info = {key: value for key, value in column.info.items() if not str(key).startswith(_OWN)}
    return {"comment": column.comment, "doc": column.doc, "info": info}


def given_target(key: ForeignKey) -> Any:
    """Return what a foreign key was made with: the column, or its name."""
    column = key._table_column  # noqa: SLF001  (nothing public says it in SQLAlchemy 2.0)
    if column is not None:
        return column
    return getattr(key, "target_tokens", None) or key.target_fullname


def copied_keys(column: Column[Any]) -> list[ForeignKey]:
    """A column's foreign keys, for its copy in the heads."""
    return [
        ForeignKey(
            given_target(key),
            info=dict(key.info),
            **{option: getattr(key, option) for option in _OF_A_KEY},
            **key.dialect_kwargs,
        )
        for key in column.foreign_keys
    ]


# Columns


def refuse_column_options(where: str, column: Column[Any], *, inline: bool, composite: bool = False) -> None:
    """Raise DeclarationError for an argument of a column that neither log nor heads can keep.

    ``inline``: the heads are the present. ``composite``: the context has other columns beside this one.
    """
    _refuse_databases_values(where, column, inline=inline)
    if column.primary_key:
        refuse_generator(where, column, composite=composite)
    _refuse_checks(where, column, inline=inline)
    for key in column.foreign_keys:
        refuse_actions(where, key)
    refused = {
        f"key={column.key!r}": column.key != column.name and "the attribute's name is its key",
        "system=True": column.system and "the log's columns are its own",
        "quote=False": getattr(column.name, "quote", None) is False
        and "names are quoted where a database needs it",
        f"autoincrement={column.autoincrement!r}": not column.primary_key
        and column.autoincrement not in {"auto", False}
        and "the database counts keys alone",
        "insert_sentinel=True": getattr(column, "_insert_sentinel", False)
        and "rows are inserted by the library",
        "unique": bool(column.primary_key and column.unique and composite)
        and "one part of a context stands in many streams",
        **dict.fromkeys(
            column.dialect_kwargs,
            "a dialect's option of a column belongs to one table, and there are several",
        ),
    }
    for option, reason in refused.items():
        if reason:
            raise DeclarationError(f"{where}: {option} is refused: {reason}. Leave it out.")


def refuse_stored_options(where: str, column: Column[Any]) -> None:
    """Raise DeclarationError for an option of a column that is read from the log alone, where nothing of it is stored."""
    refused = {
        "primary_key": column.primary_key,
        "default": column.default is not None,
        "onupdate": column.onupdate is not None,
        "index": column.index,
        "unique": column.unique,
        "ForeignKey": column.foreign_keys,
        "a constraint": column.constraints,
        f"key={column.key!r}": column.key != column.name,
        **dict.fromkeys(column.dialect_kwargs, column.dialect_kwargs),
    }
    for option, present in refused.items():
        if present:
            raise DeclarationError(
                f"{where}: {option} is refused: it is read from the events, and no column of a table stores it. Leave it "
                "out, or have events write a field of your own: Latest(DateTime(timezone=True))."
            )


def refuse_view_options(where: str, column: Column[Any]) -> None:
    """The same for a field of a view, which is read alone."""
    given = {
        "Context()": column.primary_key,
        "default=": column.default is not None,
        "index=True": column.index,
    }
    for option, present in given.items():
        if present:
            raise DeclarationError(
                f"{where}: {option} is refused: a view is folded when it is read, and by= is its key. Leave it out."
            )
    refuse_column_options(where, column, inline=False)


def _refuse_databases_values(where: str, column: Column[Any], *, inline: bool) -> None:
    default: Any = column.default
    generates = column.primary_key
    refused = {
        # Both are a server_default, too: the first that applies is told.
        "Computed": column.computed is not None,
        "Identity": column.identity is not None and not generates,
        "server_default": isinstance(column.server_default, FetchedValue) and not generates,
        "onupdate": column.onupdate is not None or column.server_onupdate is not None,
        "Sequence": default is not None and default.is_sequence and not generates,
        "default=<SQL>": default is not None
        and not (default.is_scalar or default.is_callable or (generates and default.is_sequence)),
    }
    if column.unique and not column.primary_key and not inline:
        raise DeclarationError(_needs_heads(f"{where}: unique=True"))
    option = next((option for option, present in refused.items() if present), None)
    if option is None:
        return
    if column.primary_key:
        raise DeclarationError(
            f"{where}: {option} is refused: a key is given, or made by the database once, for its stream's first event. Use "
            "default= with a function, server_default= with an expression, Identity() or a Sequence, or give the key itself."
        )
    raise DeclarationError(
        f"{where}: {option} needs a row that the database updates, and the log has none. "
        "Use default= with a Python value, or write the value into the event."
    )


def _refuse_checks(where: str, column: Column[Any], *, inline: bool) -> None:
    for constraint in column.constraints:
        if not inline or not isinstance(constraint, CheckConstraint):
            raise DeclarationError(_needs_heads(f"{where} has a {type(constraint).__name__}, which"))


def _needs_heads(what: str) -> str:
    return (
        f"{what} constrains the present, and only with __snapshot__ = Inline() is the present in rows, those of the heads. "
        "Declare the model so, where its fields allow it, or refuse a value before it is written, by @validates or by the "
        "column's type."
    )


def refuse_actions(where: str, key: ForeignKey) -> None:
    """Raise DeclarationError for a foreign key by which the database would change heads."""
    for option in ("ondelete", "onupdate"):
        action = getattr(key, option)
        if action is not None and " ".join(action.upper().split()) not in _WITHOUT_ACTION:
            raise DeclarationError(
                f"{where}: ForeignKey({key.target_fullname!r}, {option}={action!r}): the database would change a head "
                f"behind its log, which has no such event. Leave {option} out or say RESTRICT, and change or delete the "
                "objects that refer to the row before it."
            )


# Table arguments


def refuse_table_arguments(
    model: str, arguments: Sequence[Any], kept: tuple[type[Any], ...], *, inline: bool
) -> None:
    """Raise DeclarationError for what ``__table_args__`` holds beside columns and options, ``kept`` with Inline() apart."""
    for argument in arguments:
        where = f"{model}.__table_args__ has a {type(argument).__name__}"
        if not isinstance(argument, kept):
            raise DeclarationError(
                f"{where}, which no table of a model takes. Put a key into Context(), and leave the rest out."
            )
        if not inline:
            raise DeclarationError(_needs_heads(f"{where}, which"))


def refuse_view_arguments(view: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> None:
    """The same for a view, which has no table of its own to take any."""
    given = [*(type(argument).__name__ for argument in arguments), *(o for o in options if o not in _IDLE)]
    if given:
        raise DeclarationError(
            f"{view}.__table_args__: {given[0]} is refused: a view is folded from its model's tables. Leave it out."
        )


_TABLE_OPTIONS: Final = frozenset(
    {"comment", "implicit_returning", "info", "listeners", "prefixes", "quote", "quote_schema"}
)

_IDLE: Final = frozenset({"extend_existing", "keep_existing"})
"""What an application's base may say of all its tables. None of a model's is there before, so they change nothing."""

_LIBRARYS_OWN: Final = {
    "sqlite_with_rowid": "how the log is laid out",
    "sqlite_autoincrement": "that no key is given twice, as heads stay",
    "mysql_auto_increment": "where positions begin",
    "mariadb_auto_increment": "where positions begin",
    "postgresql_on_commit": "that events stay",
}


def kept_table_options(model: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of ``__table_args__`` that all tables of a model take. Raises DeclarationError for any other."""
    kept = {name: value for name, value in options.items() if name not in _IDLE}
    for name, value in kept.items():
        where = f"{model}.__table_args__: {name}={value!r}"
        if name == "comment" and not isinstance(value, str | None):
            raise DeclarationError(f"{where}: a text was expected.")
        if name in _LIBRARYS_OWN:
            raise DeclarationError(f"{where}: the library decides {_LIBRARYS_OWN[name]}. Leave it out.")
        if name.endswith("_engine") and str(value).lower() != "innodb":
            raise DeclarationError(f"{where}: a log needs the transactions of InnoDB. Leave it out.")
        if name == "quote" and value is False:
            raise DeclarationError(f"{where}: names are quoted where a database needs it. Leave it out.")
        if name not in _TABLE_OPTIONS and not _is_dialects(name, value):
            raise DeclarationError(
                f"{where} is no option that a model's tables take: its log and its heads are made with the class. They "
                f"take {', '.join(sorted(_TABLE_OPTIONS))}, schema and those of a dialect, such as postgresql_tablespace."
            )
    return kept


def _is_dialects(name: str, value: Any) -> bool:
    """Whether this SQLAlchemy knows it as an option of a dialect's tables."""
    if name in _REFLECTING or "_" not in name.strip("_"):
        return False
    try:
        Table("any", MetaData(), **{name: value})
    except (ArgumentError, TypeError):
        return False
    return True


_REFLECTING: Final = frozenset({"autoload_with", "autoload_replace", "resolve_fks", "include_columns"})


# Mapper arguments

_MAPPER: Final = frozenset(
    {
        "allow_partial_pks",
        "always_refresh",
        "column_prefix",
        "legacy_is_orphan",
        "properties",
        # What they promise of rows that are updated or deleted holds of a log without them.
        "batch",
        "confirm_deleted_rows",
        "eager_defaults",
        "passive_deletes",
        "passive_updates",
        "_compiled_cache_size",
    }
)

_INSTEAD: Final = {
    "version_id_col": "seq is the version: a lost race raises ConcurrentAppend",
    "version_id_generator": "seq is the version: a lost race raises ConcurrentAppend",
    "primary_key": "the columns that are Context() are the key",
    "include_properties": "each column is a field: declare those that are one",
    "exclude_properties": "each column is a field: leave out those that are none",
}


_OF_BASE: Final = frozenset({"polymorphic_on", "polymorphic_identity", "polymorphic_abstract"})
_OF_SUBCLASS: Final = frozenset({"polymorphic_identity", "polymorphic_abstract", "polymorphic_load"})
_OF_DECLARATIVE: Final = frozenset({"inherits", "exclude_properties"})
"""What declarative itself says of a subclass."""


def refuse_mapper_arguments(model: str, arguments: Mapping[str, Any], *, subclass: bool = False) -> None:
    """Raise DeclarationError for an argument of ``__mapper_args__`` that a folded class cannot honour."""
    kept = _MAPPER
    if subclass:
        kept |= _OF_SUBCLASS | _OF_DECLARATIVE
    elif arguments.get("polymorphic_on") is not None:
        kept |= _OF_BASE
    for name in arguments:
        if name not in kept:
            instead = _INSTEAD.get(
                name, "a log cannot be shared by inheritance: put what classes share into a mixin"
            )
            raise DeclarationError(f"{model}.__mapper_args__: {name} is refused: {instead}. Leave it out.")
