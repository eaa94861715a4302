"""A table of PostgreSQL's becomes one of heads by one ALTER TABLE."""

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import Connection, Executable, inspect
from sqlalchemy.dialects import postgresql

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.definitions import Reshaping
from sqla_osiris.databases.triggers import RenderedDDL, qualified

__all__ = ["Shaping"]

_QUOTE: Any = cast(Any, postgresql).dialect().identifier_preparer.quote


class Shaping(Database):
    """CHECKs are dropped and added, where the database can be asked for them."""

    def reshape(self, connection: Connection | None, wanted: Reshaping) -> Iterator[Executable]:
        quote = _QUOTE if connection is None else connection.dialect.identifier_preparer.quote
        actions = [f"ALTER COLUMN {quote(name)} TYPE {type_}" for name, type_ in wanted.types.items()]
        actions += [f"ALTER COLUMN {quote(name)} DROP NOT NULL" for name in wanted.null]
        actions += [f"ALTER COLUMN {quote(name)} SET NOT NULL" for name in wanted.not_null]
        if wanted.dropped_check is not None:
            actions.append(f"DROP CONSTRAINT {quote(wanted.dropped_check)}")
        for name, condition in _checks(connection, wanted):
            actions += [f"DROP CONSTRAINT {quote(name)}", f"ADD CONSTRAINT {quote(name)} CHECK ({condition})"]
        if wanted.added_check is not None:
            name, condition = wanted.added_check
            actions.append(f"ADD CONSTRAINT {quote(name)} CHECK ({condition})")
        altered = ", ".join(actions)
        yield RenderedDDL(
            wanted.table,
            lambda compiler: f"ALTER TABLE {qualified(compiler, wanted.table, wanted.schema)} {altered}",
        )


def _checks(connection: Connection | None, wanted: Reshaping) -> Iterator[tuple[str, str]]:
    """Yield the CHECKs that change."""
    if connection is None:
        return
    for check in inspect(connection).get_check_constraints(wanted.table, schema=wanted.schema):
        name, condition = str(check["name"]), wanted.condition(check["sqltext"])
        if name != wanted.dropped_check and condition != check["sqltext"]:
            yield name, condition
