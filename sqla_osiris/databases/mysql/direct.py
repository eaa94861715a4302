"""Appends one event on MySQL by several statements in one text, of which one that fails is the last that is run.

A connection takes several at once only if it was opened so (the client flag MULTI_STATEMENTS), which PyMySQL's are not: a
value that an application wrote into its SQL could hold a statement of its own. So that is switched on for this text
alone: two round trips, which an engine opened with the flag is spared.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Dialect, Engine, and_, func, insert, select

from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.mysql_family import direct
from sqla_osiris.databases.mysql_family.statements import clock, event_values
from sqla_osiris.databases.mysql_family.writing import head_driver_statement
from sqla_osiris.databases.plan import Plan, Shape, Written

__all__ = ["Direct"]

_MULTI_STATEMENTS: Final = 1 << 16
_COM_SET_OPTION: Final = 0x1B
_ON: Final = b"\0\0"
_OFF: Final = b"\1\0"


class Direct(direct.Direct):
    """Several statements."""

    def append_directly(
        self, engine: Engine, plan: Plan, shape: Shape, given: Sequence[Any]
    ) -> Written | None:
        # Until it has connected a dialect knows no setting to refuse, nor whether a MariaDB is behind the URL.
        if engine.dialect.server_version_info is None:
            return None
        return super().append_directly(engine, plan, shape, given)

    def whole_append(
        self, plan: Plan, shape: Shape, dialect: Dialect
    ) -> tuple[str, tuple[DriverStatement, ...]]:
        return _statement(plan, shape, dialect)

    def sent(self, driver: Any, text: str, values: list[Any]) -> Any:
        with _taking_several(driver):
            cursor = driver.cursor()
            cursor.execute(text, values)
            row = None
            while cursor.nextset():
                row = cursor.fetchone() or row
            cursor.close()
        return row


@lru_cache(maxsize=1024)
def _statement(plan: Plan, shape: Shape, dialect: Dialect) -> tuple[str, tuple[DriverStatement, ...]]:
    heads, events, row = plan.heads.c, plan.events.c, plan.binds(shape)
    order = shape.names(len(plan.context))
    # Of the statement before: an UPDATE that finds no head leaves the rest out.
    is_written = func.row_count() > number(0)
    values = event_values(plan, shape, seq=heads.seq, now=clock())
    rows = select(*values.values()).where(*plan.here(row), is_written)
    insertion = insert(plan.events).from_select(list(values), rows, include_defaults=False)
    head = head_driver_statement(plan, shape, dialect, many=False)
    event = DriverStatement(insertion, dialect, order=order)
    of_event = events.seq, events.position, events.recorded_at
    newest = and_(*(events[name] == heads[name] for name in (*plan.context, "seq")))
    found = (
        select(*of_event, heads.osiris_folded, heads.osiris_fingerprint)
        .join_from(plan.heads, plan.events, newest)
        .where(*plan.here(row), is_written)
    )
    written = DriverStatement(found, dialect, order=order)
    # START TRANSACTION for engines that commit by themselves.
    return (
        f"START TRANSACTION; {head.text}; {event.text}; {written.text}; COMMIT",
        (head, event, written),
    )


@contextmanager
def _taking_several(driver: Any) -> Iterator[None]:
    """Have the server take several statements at once. After an interrupt it still does: the connection is closed then."""
    if driver.client_flag & _MULTI_STATEMENTS:
        yield
        return
    _set_option(driver, _ON)
    try:
        yield
    except Exception:
        if driver.open:
            _set_option(driver, _OFF)
        raise
    _set_option(driver, _OFF)


def _set_option(driver: Any, option: bytes) -> None:
    # PyMySQL knows the command, and has no public way to send it.
    driver._execute_command(_COM_SET_OPTION, option)  # noqa: SLF001
    driver._read_packet()  # noqa: SLF001
