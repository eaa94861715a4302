"""What refuses a TRUNCATE on MySQL: a foreign key takes a unique key alone, and a log's is its primary one."""

from typing import Any

from sqlalchemy import String

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.mysql_family import triggers
from sqla_osiris.databases.triggers import LogTable, RenderedDDL, guard_name, qualified

__all__ = ["Triggers"]


class Triggers(triggers.Triggers):
    """The guard is made as the table is. Its columns are asked for, as a migration knows the table's name alone."""

    def guards(self, table: LogTable) -> list[RenderedDDL]:
        return [
            _create_guard(table),
            RenderedDDL(table.name, lambda compiler: f"SET @osiris_guard = ({_key(compiler, table)})"),
            RenderedDDL(table.name, lambda _compiler: "PREPARE osiris_guard FROM @osiris_guard"),
            RenderedDDL(table.name, lambda _compiler: "EXECUTE osiris_guard"),
            RenderedDDL(table.name, lambda _compiler: "DEALLOCATE PREPARE osiris_guard"),
        ]


def _create_guard(table: LogTable) -> RenderedDDL:
    def create_guard(compiler: Any) -> str:
        guard = qualified(compiler, guard_name(table.name), table.schema)
        return f"CREATE TABLE IF NOT EXISTS {guard} LIKE {qualified(compiler, table.name, table.schema)}"

    return RenderedDDL(table.name, create_guard)


def _key(compiler: Any, table: LogTable) -> str:
    """Return the query of the statement by which the guard references the table's primary key."""
    literal = _literals(compiler)
    guard = qualified(compiler, guard_name(table.name), table.schema)
    name = compiler.preparer.quote(shortened(f"{table.name}_guard_fk"))
    begins = literal(f"ALTER TABLE {guard} ADD CONSTRAINT {name} FOREIGN KEY (")
    refers = literal(f") REFERENCES {qualified(compiler, table.name, table.schema)} (")
    # The schema that a name without one means, or that a map has stand for it.
    schema = _schema(compiler, table)
    columns = "GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`' ORDER BY seq_in_index)"
    # All of it is quoted by the dialect.
    key = f"table_schema = {schema} AND table_name = {literal(table.name)} AND index_name = 'PRIMARY'"
    statement = f"CONCAT({begins}, {columns}, {refers}, {columns}, ')')"
    return f"SELECT {statement} FROM information_schema.statistics WHERE {key}"  # noqa: S608


def _literals(compiler: Any) -> Any:
    return lambda text: compiler.sql_compiler.render_literal_value(text, String())


def _schema(compiler: Any, table: LogTable) -> str:
    return "database()" if table.schema is None else str(_literals(compiler)(table.schema))
