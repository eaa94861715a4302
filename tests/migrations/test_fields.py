"""A field that comes, goes, or gets another name, type or reducer: histories and states stay what they were."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Integer, Numeric, String, inspect, select

from sqla_osiris import Aggregate, Every, Inline, Latest, Max, Mean, Merge, NewEvent, Sum, Union, repository
from sqla_osiris.testing import events
from tests.migrations.project import Project, employee

BODY: dict[str, Any] = {"__append_only__": True}


def before(policy=None, **changed):
    body = {
        "title": Latest(String, index=True),
        "worked": Aggregate(Integer),
        "mean": Aggregate(Integer, reducer=Mean()),
        "profile": Aggregate(JSON, reducer=Merge()),
    }
    return employee(**BODY, __snapshot__=policy or Inline(), **(body | changed))


def told(model, engine, **renamed):
    """Every history and every state, by the names after a renaming."""
    stored = repository(model, engine)
    states, histories = {}, {}
    fields = model.__osiris__.by_key
    for state in stored.states():
        states[state.id] = {renamed.get(key, key): getattr(state, key) for key in fields}
        histories[state.id] = [
            ({renamed.get(key, key): touch for key, touch in event.fields.items()}, event.position, event.ended)
            for event in stored.history(state.id)
        ]
    return states, histories


def stale(model, engine):
    """How many heads are not folded by this version of the model."""
    heads = model.Snapshot.__table__
    with engine.connect() as connection:
        found = connection.scalars(select(heads.c.osiris_fingerprint)).all()
    return sum(each != model.__osiris__.fingerprint for each in found)
