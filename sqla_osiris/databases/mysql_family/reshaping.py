"""A table becomes one of heads by one ALTER TABLE, which repeats each column that changes as it was made."""

from collections.abc import Iterator

from sqlalchemy import Connection, Executable, MetaData, Table, TextClause, inspect, text

from sqla_osiris.databases.definitions import Definition, Reshaping, changed, with_conditions
from sqla_osiris.databases.identifiers import name_on
from sqla_osiris.databases.mysql_family.types import Types
from sqla_osiris.errors import OsirisError

__all__ = ["Shaping"]


class Shaping(Types):
    """By MODIFY, and by CHECKs that are dropped and added."""

    def reshape(self, connection: Connection | None, wanted: Reshaping) -> Iterator[Executable]:
        if connection is None:
            raise OsirisError(
                f"{wanted.table} is adopted in place on {self.product} with a connection alone, not by --sql."
            )
        name = name_on(connection, Table(wanted.table, MetaData(), schema=wanted.schema))
        create = connection.execute(_text(f"SHOW CREATE TABLE {name}")).one()[1]
        actions = [*_columns(Definition.of(create), wanted), *_checks(connection, wanted)]
        yield _text(f"ALTER TABLE {name} {', '.join(actions)}")


def _text(statement: str) -> TextClause:
    # A colon would be a parameter's.
    return text(statement.replace(":", r"\:"))


def _columns(definition: Definition, wanted: Reshaping) -> Iterator[str]:
    for place, name in definition.columns():
        item = definition.items[place].strip()
        type_, takes_null = wanted.column(name)
        altered = with_conditions(item, wanted.condition)
        if type_ is not None or takes_null is not None:
            altered = changed(altered, type_, takes_null=takes_null)
        if altered != item:
            yield f"MODIFY {altered}"


def _checks(connection: Connection, wanted: Reshaping) -> Iterator[str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    for check in inspect(connection).get_check_constraints(wanted.table, schema=wanted.schema):
        name, condition = str(check["name"]), wanted.condition(check["sqltext"])
        if name == wanted.dropped_check:
            yield f"DROP CONSTRAINT {quote(name)}"
        elif condition != check["sqltext"]:
            yield f"DROP CONSTRAINT {quote(name)}"
            yield f"ADD CONSTRAINT {quote(name)} CHECK ({condition})"
    if wanted.added_check is not None:
        name, condition = wanted.added_check
        yield f"ADD CONSTRAINT {quote(name)} CHECK ({condition})"
