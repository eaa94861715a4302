"""``event_context``: metadata and a type of everything that is appended inside. On every store alike."""

import pytest

from sqla_osiris import NewEvent, event_context
from tests.repositories.models import InlineEmployee


def metas(repository, context="bob"):
    return [each.event_meta for each in repository.history(context)]


def test_appended_events_carry_it_and_what_is_explicit_wins(opens):
    repository = opens(InlineEmployee)
    with event_context(actor="jane", correlation="r1"):
        first = repository.append("bob", overtime=1)
        second = repository.append("bob", overtime=1, event_meta={"actor": "batch", "why": None})
        repository.append_many([NewEvent("bob", {"overtime": 1}), NewEvent("bob", {}, event_meta={"n": 1})])
    repository.append("bob", overtime=1)

    around = {"actor": "jane", "correlation": "r1"}
    explicit = {"actor": "batch", "correlation": "r1", "why": None}
    assert metas(repository) == [around, explicit, around, around | {"n": 1}, None]
    assert (first.event_meta, second.event_meta) == (around, explicit)


def test_contexts_within_each_other_merge_and_end(opens):
    repository = opens(InlineEmployee)
    with event_context(actor="jane", correlation="r1"):
        with event_context(actor=None, causation={"id": [1, 2]}):
            repository.append("bob", overtime=1)
        with pytest.raises(ZeroDivisionError), event_context(actor="eve"):
            raise ZeroDivisionError
        repository.append("bob", overtime=1)

    assert metas(repository) == [
        {"correlation": "r1", "causation": {"id": [1, 2]}},
        {"actor": "jane", "correlation": "r1"},
    ]


def test_the_inner_event_type_wins_and_none_takes_it_away(opens):
    repository = opens(InlineEmployee)
    with event_context(event_type="outer"):
        with event_context(event_type="inner"):
            repository.append("bob", overtime=1)
        with event_context(actor="jane"):
            repository.append("bob", overtime=1)
        with event_context(event_type=None):
            repository.append("bob", overtime=1)

    assert [each.event_type for each in repository.history("bob")] == ["inner", "outer", None]
