"""Appends one event on SQLite through the pool's own connection: sooner than SQLAlchemy sets up a transaction for it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from sqlite3 import SQLITE_ERROR
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Dialect, Engine, Text, bindparam, func, insert, literal_column, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import DriverStatement, driver_error
from sqla_osiris.databases.plan import Plan, Shape, Written
from sqla_osiris.databases.sqlite.statements import clock, head_statement

__all__ = ["Direct"]


class Direct(Database):
    """Both statements by the driver."""

    direct_drivers: ClassVar[frozenset[str]] = frozenset({"pysqlite"})

    def append_directly(
        self, engine: Engine, plan: Plan, shape: Shape, given: Sequence[Any]
    ) -> Written | None:
        write_head, write_event = _statements(plan, shape, engine.dialect)
        head = _transaction(engine, write_head, write_event, given)
        if head is None:
            return None
        seq, folded, fingerprint, position, recorded_at = head
        at = datetime.fromisoformat(f"{recorded_at}+00:00")
        return Written(seq, folded, fingerprint, position, at)


_OF_THE_HEAD = ("seq", "folded", "fingerprint", "position", "recorded_at")


@lru_cache(maxsize=1024)
def _statements(plan: Plan, shape: Shape, dialect: Dialect) -> tuple[DriverStatement, DriverStatement]:
    """The head's statement, which says the event's position and time too: it holds the write lock. And the event's."""
    events = plan.events.c
    position = select(func.coalesce(func.max(events.position), literal_column("0")) + literal_column("1"))
    head: Any = head_statement(plan, shape, returning=True)
    head = head.returning(position.scalar_subquery(), clock())
    binds = plan.binds(shape)
    values = plan.keys(binds) | plan.touches(shape, binds) | {name: binds[name] for name in shape.metadata}
    values |= {name: bindparam(name, type_=BigInteger()) for name in ("seq", "position")}
    values["recorded_at"] = bindparam("recorded_at", type_=Text())
    if shape.clears:
        values["osiris_cleared"] = binds["cleared"]
    order = shape.names(len(plan.context))
    return (
        DriverStatement(head, dialect, order=order, style="qmark"),
        DriverStatement(
            insert(plan.events).values(values), dialect, order=[*order, *_OF_THE_HEAD], style="qmark"
        ),
    )


def _transaction(
    engine: Engine, write_head: DriverStatement, write_event: DriverStatement, given: Sequence[Any]
) -> Any:
    """Return what the head's statement returns. Raises what SQLAlchemy would."""
    values: Any = write_head.ordered(given)
    running = None
    try:
        pooled = engine.raw_connection()
        driver: Any = pooled.dbapi_connection
        try:
            cursor = driver.cursor()
            # The driver begins no transaction in its autocommit mode, and has one open already in another, where only its
            # own commit() begins the next one. A third one ignores commit() and rollback(): the ordinary way refuses it.
            begins = not driver.in_transaction
            if begins:
                if getattr(driver, "autocommit", None) is True:
                    return None
                cursor.execute("BEGIN IMMEDIATE")
            running = write_head.text
            head = cursor.execute(running, values).fetchone()
            if head is None:
                driver.rollback()
                return None
            values = write_event.ordered([*given, *head])
            running = write_event.text
            cursor.execute(running, values)
            running = values = None
            if begins:
                cursor.execute("COMMIT")
            else:
                driver.commit()
            return head
        except BaseException:
            driver.rollback()
            raise
        finally:
            pooled.close()
    except engine.dialect.loaded_dbapi.Error as error:
        of_head = running == write_head.text and isinstance(error, engine.dialect.loaded_dbapi.IntegrityError)
        if of_head or getattr(error, "sqlite_errorcode", None) == SQLITE_ERROR:
            return None  # An erased stream, or a sum out of range, for one: the ordinary way says which.
        raise driver_error(error, engine, running, values) from error
