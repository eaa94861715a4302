"""The events of `hr` in each database, sessions on them, and the repository of `stored_views`' model."""

import pytest

from sqla_osiris import SQLRepository
from tests.past.conftest import hr_engine, session
from tests.views.stored_views import Person

__all__ = ["hr_engine", "session"]


@pytest.fixture
def people(engine):
    """A repository of `stored_views`' model, its tables and its views' in each database."""
    opened = SQLRepository(Person, engine)
    opened.create()
    return opened
