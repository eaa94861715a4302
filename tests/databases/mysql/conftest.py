"""Engines on an empty MySQL database."""

import pytest
from sqlalchemy import create_engine

from tests.compiled import compile_once


@pytest.fixture
def engine(mysql_database):
    engine = compile_once(create_engine(mysql_database))
    yield engine
    engine.dispose()
