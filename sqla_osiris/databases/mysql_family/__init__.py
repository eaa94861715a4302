"""What MySQL and MariaDB do alike: snapshots that see the past, locks of gaps, no condition on an upsert, no FULL JOIN."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Table,
    Text,
    TextClause,
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
from sqla_osiris.databases.mysql_family.batches import Batches
from sqla_osiris.databases.mysql_family.counting import Counting
from sqla_osiris.databases.mysql_family.errors import Errors
from sqla_osiris.databases.mysql_family.keys import Keys
from sqla_osiris.databases.mysql_family.reshaping import Shaping
from sqla_osiris.databases.mysql_family.statements import inserted, upserting
from sqla_osiris.databases.mysql_family.triggers import Triggers
from sqla_osiris.databases.mysql_family.wire import Wire
from sqla_osiris.databases.mysql_family.writing import Writing

__all__ = ["MySQLFamily"]

_MOMENTS: Final[Mapping[type[TypeEngine[Any]], TypeEngine[Any]]] = {
    DateTime: mysql.DATETIME(fsp=6),
    Date: mysql.DATE(),
    Time: mysql.TIME(fsp=6),
}


class MySQLFamily(Batches, Counting, Errors, Keys, Shaping, Triggers, Wire, Writing):
    """Each of them derives from this, and says what it has alone."""

    settles = True
    sees_the_past = True
    # Not UNIX_TIMESTAMP(), which goes by the session's time zone.
    epoch_seconds = "(timestampdiff(MICROSECOND, '1970-01-01', utc_timestamp(6)) / 1e6)"
    statement_time = "(UTC_TIMESTAMP(6))"  # its moments have no time zone
    schemas_are_databases = True
    locks_gaps = True
    has_partial_indexes = False
    folds_flat = True
    updates_by_reading_locks = True
    locks_what_it_ignores = True
    keys_checked_by_row: ClassVar[tuple[TextClause, TextClause] | None] = (
        text("SET SESSION foreign_key_checks = 0"),
        text("SET SESSION foreign_key_checks = 1"),
    )

    def newest(self, query: Any) -> Any:
        # A plain SELECT may see the past: it reads repeatably by default.
        return query.with_for_update(read=True)

    def insert(self, table: Table) -> Any:
        return upserting(table)

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
        leaf = leaf_type(type_, self.compiler)
        for kind, form in _MOMENTS.items():
            if isinstance(leaf, kind):
                given = cast(given, form)
        return func.coalesce(value, given, type_=type_)

    def failing(self, message: ColumnElement[str], state: TypeEngine[Any]) -> ColumnElement[Any]:
        overflow = func.char_length(message) + number(2**63 - 1)
        return type_coerce(case((overflow.is_(None), null())), state)

    def handed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(func.concat(words("["), value, words("]")), Text)

    def lowers_names(self, dialect: Any) -> bool:
        return bool(dialect._casing == 1)  # noqa: SLF001  (lower_case_table_names, which SQLAlchemy asks for)

    def script(self, trigger: str) -> str:
        # Its client ends a statement at the first semicolon, and a trigger has some.
        return f"DELIMITER //\n{trigger}//\nDELIMITER ;"
