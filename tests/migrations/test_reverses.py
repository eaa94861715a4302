"""What an operation is in the other direction: a downgrade takes an upgrade back, and an upgrade a downgrade."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Integer, Numeric

from sqla_osiris.alembic.operations.base import LogOperation
from sqla_osiris.alembic.operations.covering import CoverLog
from sqla_osiris.alembic.operations.fields import AddField, DropField, RenameField
from sqla_osiris.alembic.operations.retyping import ChangeReducer, DropStaleSnapshots, RetypeField
from sqla_osiris.alembic.operations.splitting import MergeFields, SplitField
from sqla_osiris.alembic.operations.triggers import CreateAppendOnly, CreateNotify, DropAppendOnly, DropNotify

PAY: Column[Any] = Column("pay", Numeric(10, 2))
CENTS: Column[Any] = Column("pay", Integer)
IN_HR: dict[str, Any] = {"archive": True, "schema": "hr"}


def pairs() -> Iterator[tuple[LogOperation, LogOperation]]:
    field: dict[str, Any] = {"state": [PAY], "initial": {"pay": 0}, **IN_HR}
    yield (
        AddField("employee", PAY, **field, fingerprint=2, existing_fingerprint=1),
        DropField("employee", PAY, **field, fingerprint=1, existing_fingerprint=2),
    )
    yield (
        RenameField(
            "employee", "pay", "wage", parts=["count"], **IN_HR, fingerprint=2, existing_fingerprint=1
        ),
        RenameField(
            "employee", "wage", "pay", parts=["count"], **IN_HR, fingerprint=1, existing_fingerprint=2
        ),
    )
    yield (
        RetypeField(
            "employee",
            CENTS,
            PAY,
            using="pay * 100",
            existing_using="pay / 100.0",
            state=[CENTS],
            existing_state=[PAY],
            **IN_HR,
        ),
        RetypeField(
            "employee",
            PAY,
            CENTS,
            using="pay / 100.0",
            existing_using="pay * 100",
            state=[PAY],
            existing_state=[CENTS],
            **IN_HR,
        ),
    )
    yield (
        ChangeReducer("employee", [CENTS], [PAY], schema="hr"),
        ChangeReducer("employee", [PAY], [CENTS], schema="hr"),
    )
    yield (
        DropStaleSnapshots("employee", ["pay"], fingerprint=7, schema="hr"),
        DropStaleSnapshots("employee", ["pay"], existing_fingerprint=7, schema="hr"),
    )
    cover: dict[str, Any] = {"constraint_name": "pk_employee_event", "schema": "hr"}
    yield (
        CoverLog("employee", ["id", "seq"], include=["pay"], existing_include=[], **cover),
        CoverLog("employee", ["id", "seq"], include=[], existing_include=["pay"], **cover),
    )
    yield CreateAppendOnly("employee_event", schema="hr"), DropAppendOnly("employee_event", schema="hr")
    yield CreateNotify("employee_event", schema="hr"), DropNotify("employee_event", schema="hr")
    split = SplitField("employee", PAY, [CENTS], key=["id"], using={"cents": "pay * 100"}, **IN_HR)
    split.merged_by = "cents / 100.0"
    merge = MergeFields("employee", [CENTS], PAY, key=["id"], using="cents / 100.0", **IN_HR)
    merge.split_by = {"cents": "pay * 100"}
    yield split, merge


@pytest.mark.parametrize(("there", "back"), [*pairs()], ids=lambda operation: operation.name)
def test_each_takes_the_other_back(there: LogOperation, back: LogOperation) -> None:
    assert there.reverse() == back
    assert back.reverse() == there
