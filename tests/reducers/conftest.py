"""A database whose tables are made for the models that a test names."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from sqla_osiris import EventSourced


@pytest.fixture
def create(engine: Engine) -> Callable[..., Engine]:
    """Creates the tables of these models, and returns the engine."""

    def create(*models: type[Any]) -> Engine:
        tables = [t for m in models for t in (m.Event.__table__, m.Snapshot.__table__)]
        EventSourced.metadata.create_all(engine, tables=tables)
        return engine

    return create
