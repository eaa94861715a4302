"""Which names every database takes whole: those that the library makes of a model's are shortened, or refused at the class.

PostgreSQL cuts a longer one off without a word, and two that are alike until there become one.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, Dialect, MetaData, Sequence, Table

from sqla_osiris.errors import DeclarationError

__all__ = [
    "as_driver_reads",
    "index_name",
    "is_unreadable",
    "name_on",
    "refuse_long_columns",
    "refuse_long_tables",
    "refuse_taken",
    "schema_on",
    "shortened",
]

LONGEST: Final = 63
"""The bytes of a name that PostgreSQL keeps. MariaDB keeps 64 characters."""


def shortened(name: str) -> str:
    """A name that every database takes: what is too long ends with its digest."""
    encoded = name.encode()
    if len(encoded) <= LONGEST:
        return name
    digest = hashlib.blake2b(encoded, digest_size=4).hexdigest()
    return f"{encoded[: LONGEST - len(digest) - 1].decode(errors='ignore')}_{digest}"


def as_driver_reads(dialect: Dialect, quoted: str) -> str:
    """A quoted name for a statement or a value that passes no compiler: there, a percent sign stands for itself."""
    doubles = "%%" in dialect.identifier_preparer.quote_identifier("%")
    return quoted.replace("%%", "%") if doubles else quoted


def index_name(table: Table, column: str) -> str | None:
    """The name of an index that is given none: its metadata's convention names it, where that names any."""
    return None if "ix" in table.metadata.naming_convention else shortened(f"ix_{table.name}_{column}")


def is_unreadable(name: str) -> bool:
    """Whether SQLAlchemy could not read it from MariaDB's tables, so that a migration would make it again and again."""
    return "`" in name or not name.isprintable()


def refuse_long_tables(model: str, name: str, tables: Iterable[str]) -> None:
    """Raise DeclarationError for a table's name that a database would cut off; ``name`` is the one they are made of."""
    if is_unreadable(name):
        raise DeclarationError(f"{model}: a table's name cannot be {name!r}: give another __tablename__.")
    for table in tables:
        if (found := len(table.encode())) > LONGEST:
            raise DeclarationError(
                f"{model}: the table {table!r}, made of {name!r}, has a name of {found} bytes; PostgreSQL keeps "
                f"{LONGEST} of them, and MariaDB 64 characters. Give a __tablename__ that is {found - LONGEST} shorter."
            )


def refuse_long_columns(model: str, fields: Mapping[str, Iterable[str]]) -> None:
    """The same for the columns of each field, by the field's own column."""
    for field, columns in fields.items():
        for column in (field, *columns):
            if (found := len(column.encode())) > LONGEST:
                own = "" if column == field else f", made of {field!r},"
                raise DeclarationError(
                    f"{model}.{field}: the column {column!r}{own} has a name of {found} bytes; PostgreSQL keeps "
                    f"{LONGEST} of them, and MariaDB 64 characters. Give the column a name that is {found - LONGEST} "
                    f"shorter; the attribute may keep its own: Latest('shorter', ...)."
                )


def refuse_taken(model: str, metadata: MetaData, schema: str | None, tables: Iterable[str]) -> None:
    """Raise DeclarationError where a table of that name is declared already."""
    schema = metadata.schema if schema is None else schema
    for table in tables:
        key = table if schema is None else f"{schema}.{table}"
        if key in metadata.tables:
            raise DeclarationError(
                f"{model} needs the table {key!r}, and one of that name is declared already. Give another __tablename__; "
                "where the class is declared a second time, use a new MetaData, or remove the tables of the first one "
                "from it before."
            )


def schema_on(connection: Connection, schema: str | None) -> str | None:
    """The schema that a ``schema_translate_map`` has stand for a declared one; None for the database's default one.

    SQLAlchemy asks the map for each statement that it compiles. This is for what it does not compile, and for catalogues.
    """
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    found: str | None = translated.get(schema, schema)
    return found


def name_on(connection: Connection, table: Table | Sequence) -> str:
    """The quoted name of a table or a sequence, with its schema if any, for a statement or a value that no compiler sees."""
    preparer = connection.dialect.identifier_preparer
    schema, name = schema_on(connection, table.schema), preparer.quote(table.name)
    whole = f"{preparer.quote_schema(schema)}.{name}" if schema else str(name)
    return as_driver_reads(connection.dialect, whole)
