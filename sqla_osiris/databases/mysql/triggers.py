"""What refuses a TRUNCATE on MySQL: a foreign key takes a unique key alone, and a log's is its primary one."""

from typing import Any

from sqlalchemy import String

from sqla_osiris.databases.identifiers import as_driver_reads, shortened
from sqla_osiris.databases.mysql_family import triggers
from sqla_osiris.databases.triggers import LogTable, RenderedDDL, guard_name, qualified

__all__ = ["Triggers"]


class Triggers(triggers.Triggers):
    """The guard's columns are asked for, as a migration knows the table's name alone."""

    guards_by_key = True

    def guards(self, table: LogTable) -> list[RenderedDDL]:
        return [
            RenderedDDL(table.name, lambda compiler: _guard(compiler, table)),
            RenderedDDL(table.name, lambda _compiler: "PREPARE osiris_guard FROM @osiris_guard"),
            RenderedDDL(table.name, lambda _compiler: "EXECUTE osiris_guard"),
            RenderedDDL(table.name, lambda _compiler: "DEALLOCATE PREPARE osiris_guard"),
        ]


def _guard(compiler: Any, table: LogTable) -> str:
    """Return the query that keeps the statement which makes the guard: it references the table's primary key."""
    literal = _literals(compiler)
    log, guard = (
        as_driver_reads(compiler.dialect, qualified(compiler, name, table.schema))
        for name in (table.name, guard_name(table.name))
    )
    key = compiler.preparer.quote(shortened(f"{table.name}_guard_fk"))
    begins = literal(f"CREATE TABLE IF NOT EXISTS {guard} (")
    keyed = literal(f", CONSTRAINT {as_driver_reads(compiler.dialect, key)} FOREIGN KEY (")
    refers = literal(f") REFERENCES {log} (")
    ends = literal(")) ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE refused'")
    name = "'`', REPLACE(column_name, '`', '``'), '`'"
    collated = "COALESCE(CONCAT(' CHARACTER SET ', character_set_name, ' COLLATE ', collation_name), '')"
    columns = f"GROUP_CONCAT({name}, ' ', column_type, {collated} ORDER BY seq_in_index)"
    names = f"GROUP_CONCAT({name} ORDER BY seq_in_index)"
    # The schema that a name without one means, or that a map has stand for it.
    where = f"table_schema = {_schema(compiler, table)} AND table_name = {literal(table.name)} AND index_name = 'PRIMARY'"
    # All of it is quoted by the dialect. By default, 1 kB is gathered.
    return (
        "SELECT /*+ SET_VAR(group_concat_max_len = 65536) */ "  # noqa: S608
        f"CONCAT({begins}, {columns}, {keyed}, {names}, {refers}, {names}, {ends}) INTO @osiris_guard "
        "FROM information_schema.statistics JOIN information_schema.columns "
        f"USING (table_schema, table_name, column_name) WHERE {where}"
    )


def _literals(compiler: Any) -> Any:
    return lambda text: compiler.sql_compiler.render_literal_value(text, String())


def _schema(compiler: Any, table: LogTable) -> str:
    return "database()" if table.schema is None else str(_literals(compiler)(table.schema))
