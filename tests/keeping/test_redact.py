"""redact() on SQL: what its tables hold then, and sessions beside it; tests/stores has it on every store."""

import pytest
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from sqla_osiris import (
    OsirisError,
    SQLRepository,
)
from tests.repositories.models import (
    EveryInPython,
    InlineEmployee,
    InlineInPython,
)

NAMED = "Wrong & Sons"


@pytest.mark.parametrize("model", [InlineEmployee, InlineInPython, EveryInPython])
def test_no_table_holds_the_value_any_more(sql, engine, model):
    repository = sql(model)
    repository.append("bob", company=NAMED, overtime=1)
    repository.append("bob", overtime=1)
    repository.append("bob", overtime=1)
    repository.snapshot("bob")
    repository.redact("bob", 1, "company", reason="asked")

    log = model.__osiris__
    with engine.connect() as connection:
        for table in (log.events, log.heads, log.archive):
            for column in table.c:
                held = connection.scalars(select(cast(column, String))).all()
                assert not [value for value in held if NAMED in str(value)], column


def test_within_a_session_it_is_part_of_its_transaction(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        SQLRepository(InlineEmployee, session).redact("bob", 1, "overtime", reason="asked")
        assert (bob.overtime, bob.seq) == (0, 2)
        session.rollback()

    assert repository.state("bob").overtime == 1


def test_an_object_that_was_loaded_before_is_stale(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        repository.redact("bob", 1, "overtime", reason="asked")
        bob.overtime += 1
        with pytest.raises(OsirisError, match="bob"):
            session.commit()
