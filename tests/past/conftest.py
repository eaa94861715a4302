"""The events of `hr` in each database, and sessions on them."""

import pytest
from sqlalchemy.orm import Session

from sqla_osiris import SQLRepository
from tests.past.hr import play
from tests.past.stored_views import Person


@pytest.fixture
def hr_engine(engine):
    play(engine)
    return engine


@pytest.fixture
def session(hr_engine):
    with Session(hr_engine) as session:
        yield session


@pytest.fixture
def people(engine):
    """A repository of `stored_views`' model, its tables and its views' in each database."""
    opened = SQLRepository(Person, engine)
    opened.create()
    return opened
