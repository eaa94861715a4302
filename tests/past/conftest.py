"""The events of `hr` in each database, and sessions on them."""

import pytest
from sqlalchemy.orm import Session

from tests.past.hr import Base, play


@pytest.fixture
def hr_engine(engine_with):
    engine = engine_with(Base.metadata)
    play(engine)
    return engine


@pytest.fixture
def session(hr_engine):
    with Session(hr_engine) as session:
        yield session
