"""MariaDB: snapshots that see the past, locks of gaps, no condition on an upsert and no FULL JOIN."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Table,
    Text,
    Time,
    case,
    cast,
    func,
    literal,
    null,
    text,
    type_coerce,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.leaf_types import leaf_type
from sqla_osiris.databases.literals import number, words
from sqla_osiris.databases.mariadb.batches import Batches
from sqla_osiris.databases.mariadb.counting import Counting
from sqla_osiris.databases.mariadb.direct import Direct
from sqla_osiris.databases.mariadb.errors import Errors
from sqla_osiris.databases.mariadb.keys import Keys
from sqla_osiris.databases.mariadb.reshaping import Shaping
from sqla_osiris.databases.mariadb.settling import Settling
from sqla_osiris.databases.mariadb.snapshot_isolation import SnapshotIsolation
from sqla_osiris.databases.mariadb.statements import inserted
from sqla_osiris.databases.mariadb.triggers import Triggers
from sqla_osiris.databases.mariadb.types import COMPILER, NAMES, Types
from sqla_osiris.databases.mariadb.wire import Wire
from sqla_osiris.databases.mariadb.writing import Writing
from sqla_osiris.errors import OsirisError

__all__ = ["MariaDB"]

_SKIPS_SINCE: Final = (10, 6)

_MOMENTS: Final[Mapping[type[TypeEngine[Any]], TypeEngine[Any]]] = {
    DateTime: mysql.DATETIME(fsp=6),
    Date: mysql.DATE(),
    Time: mysql.TIME(fsp=6),
}


class MariaDB(
    Batches,
    Counting,
    Direct,
    Errors,
    Keys,
    Settling,
    SnapshotIsolation,
    Shaping,
    Triggers,
    Types,
    Wire,
    Writing,
):
    """MariaDB 10.5 or newer. The URL's scheme decides what SQLAlchemy calls it."""

    name = "mariadb"
    names = NAMES
    compiler = COMPILER
    # Not UNIX_TIMESTAMP(), which goes by the session's time zone.
    epoch_seconds = "(timestampdiff(MICROSECOND, '1970-01-01', utc_timestamp(6)) / 1e6)"
    statement_time = "(UTC_TIMESTAMP(6))"  # its moments have no time zone
    schemas_are_databases = True
    locks_gaps = True
    has_partial_indexes = False
    folds_flat = True
    updates_by_reading_locks = True
    locks_what_it_ignores = True
    keys_checked_by_row = (
        text("SET SESSION foreign_key_checks = 0"),
        text("SET SESSION foreign_key_checks = 1"),
    )

    def refuse(self, dialect: Any) -> None:
        if _is_mysql(dialect):
            raise OsirisError(
                "Event-sourced models have no SQL for MySQL yet: use MariaDB 10.5 or newer, PostgreSQL or SQLite."
            )

    def insert(self, table: Table) -> Any:
        return mysql.insert(table)

    def upsert(
        self,
        insert: Any,
        keys: Sequence[str],
        changes: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None,
    ) -> Any:
        table = insert.table
        if changes is None:
            column = next(each for each in table.c if each.name not in keys)
            return insert.on_duplicate_key_update({column.name: column})
        return insert.on_duplicate_key_update(dict(changes(inserted(table))))

    def insert_missing(self, table: Table, values: Mapping[str, Any], keys: Sequence[str]) -> Any:
        return mysql.insert(table).values(values).prefix_with("IGNORE")

    def extreme(
        self,
        left: Any,
        right: Any,
        type_: TypeEngine[Any],
        *,
        greatest: bool,
        by_code_point: Callable[[Any], Any],
    ) -> ColumnElement[Any]:
        # Its columns collate by code point; NULL beside anything gives NULL.
        extreme = func.greatest if greatest else func.least
        return extreme(func.coalesce(left, right), func.coalesce(right, left))

    def or_else(self, value: Any, otherwise: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
        # A driver sends a moment as text, and beside a text everything is one.
        given: Any = literal(otherwise, type_)
        leaf = leaf_type(type_, COMPILER)
        for kind, form in _MOMENTS.items():
            if isinstance(leaf, kind):
                given = cast(given, form)
        return func.coalesce(value, given, type_=type_)

    def failing(self, message: ColumnElement[str], state: TypeEngine[Any]) -> ColumnElement[Any]:
        overflow = func.char_length(message) + number(2**63 - 1)
        return type_coerce(case((overflow.is_(None), null())), state)

    def handed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(func.concat(words("["), value, words("]")), Text)

    def script(self, trigger: str) -> str:
        # Its client ends a statement at the first semicolon, and a trigger has some.
        return f"DELIMITER //\n{trigger}//\nDELIMITER ;"

    def skips_locked_rows(self, dialect: Any) -> bool:
        version = getattr(dialect, "server_version_info", None) or _SKIPS_SINCE
        return bool(tuple(version[:2]) >= _SKIPS_SINCE)


def _is_mysql(dialect: Any) -> bool:
    """Whether a server has said that it is not MariaDB: MySQL has neither INSERT … RETURNING nor our collation."""
    asked = getattr(dialect, "server_version_info", None) is not None
    return dialect.name == "mysql" and asked and not dialect.is_mariadb
