"""What refuses a TRUNCATE on MySQL: a foreign key takes a unique key alone, and a log's is its primary one."""

from typing import Any

from sqlalchemy import String

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.mysql_family import triggers
from sqla_osiris.databases.triggers import LogTable, RenderedDDL, guard_name, qualified

__all__ = ["Triggers"]


class Triggers(triggers.Triggers):
    """The guard has the log's key alone, whose columns are asked for: a migration knows the table by its name."""

    def guards(self, table: LogTable) -> list[RenderedDDL]:
        return [
            RenderedDDL(table.name, lambda compiler: _create_guard(compiler, table)),
            RenderedDDL(table.name, lambda _compiler: "PREPARE osiris_guard FROM @osiris_guard"),
            RenderedDDL(table.name, lambda _compiler: "EXECUTE osiris_guard"),
            RenderedDDL(table.name, lambda _compiler: "DEALLOCATE PREPARE osiris_guard"),
        ]


_NAME = "'`', REPLACE(column_name, '`', '``'), '`'"
_TYPE = "' ', column_type, COALESCE(CONCAT(' CHARACTER SET ', character_set_name, ' COLLATE ', collation_name), '')"


def _create_guard(compiler: Any, table: LogTable) -> str:
    """Return the query of the CREATE TABLE of an empty table that references this one's primary key."""
    literal = _literals(compiler)
    guard = qualified(compiler, guard_name(table.name), table.schema)
    name = compiler.preparer.quote(shortened(f"{table.name}_guard_fk"))
    creates = literal(f"CREATE TABLE IF NOT EXISTS {guard} (")
    key = literal(f", CONSTRAINT {name} FOREIGN KEY (")
    refers = literal(f") REFERENCES {qualified(compiler, table.name, table.schema)} (")
    ends = literal(")) ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE refused'")
    columns = f"GROUP_CONCAT({_NAME} ORDER BY seq_in_index)"
    typed = f"GROUP_CONCAT({_NAME}, {_TYPE} ORDER BY seq_in_index)"
    statement = f"CONCAT({creates}, {typed}, {key}, {columns}, {refers}, {columns}, {ends})"
    # The schema that a name without one means, or that a map has stand for it. All of it is quoted by the dialect.
    here = f"table_schema = {_schema(compiler, table)} AND table_name = {literal(table.name)}"
    found = "information_schema.statistics JOIN information_schema.columns USING (table_schema, table_name, column_name)"
    # By default a GROUP_CONCAT is cut off after 1,024 bytes.
    query = f"SELECT /*+ SET_VAR(group_concat_max_len = 65536) */ {statement} INTO @osiris_guard FROM {found}"
    return f"{query} WHERE {here} AND index_name = 'PRIMARY'"


def _literals(compiler: Any) -> Any:
    return lambda text: compiler.sql_compiler.render_literal_value(text, String())


def _schema(compiler: Any, table: LogTable) -> str:
    return "database()" if table.schema is None else str(_literals(compiler)(table.schema))
