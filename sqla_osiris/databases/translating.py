"""Where do a table's rows stand? In the schema that the connection's ``schema_translate_map`` gives for the declared one.

SQLAlchemy asks the map for each statement that it compiles. This is for what it does not compile, and for catalogues.
"""

from sqlalchemy import Connection, Table

from sqla_osiris.databases.identifiers import as_driver_reads

__all__ = ["name_on", "schema_on"]


def schema_on(connection: Connection, schema: str | None) -> str | None:
    """The schema that stands for a declared one; None for the database's default one."""
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    found: str | None = translated.get(schema, schema)
    return found


def name_on(connection: Connection, table: Table) -> str:
    """The quoted name of a table, with its schema where it has one, for a statement or a value that no compiler sees."""
    preparer = connection.dialect.identifier_preparer
    schema, name = schema_on(connection, table.schema), preparer.quote(table.name)
    whole = f"{preparer.quote_schema(schema)}.{name}" if schema else str(name)
    return as_driver_reads(connection.dialect, whole)
