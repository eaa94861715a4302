"""The tables of `hr` in each database, and sessions on them."""

import pytest
from sqlalchemy.orm import Session

from tests.unit_of_work.hr import Base, Employee


@pytest.fixture
def hr_engine(engine_with):
    return engine_with(Base.metadata)


@pytest.fixture
def session(hr_engine):
    with Session(hr_engine) as session:
        yield session


@pytest.fixture
def bob(session):
    """An employee whose stream has one event."""
    bob = Employee(id="bob", company="Hooly", overtime=5)
    session.add(bob)
    session.commit()
    return bob
