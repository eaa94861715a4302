"""DynamoDB and the memory give equal states, histories and errors for equal calls."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from sqla_osiris import ConcurrentAppend, DynamoRepository, MemoryRepository, NewEvent
from tests.stores.dynamo_models import Employee, Profile

NAMES = ("bob", "jane", "Zoë")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.sampled_from("ab"), part, max_size=2),
    max_leaves=4,
)
TOUCHES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.none() | TEXTS,
        "salary": NUMBERS,
        "bonus": st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2),
        "best": TEXTS,
        "worst": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0)),
        "hired": st.dates(),
        "visits": NUMBERS,
        "document": st.dictionaries(st.sampled_from("abc"), DOCUMENTS, max_size=3),
    },
)
IDS = st.none() | st.integers(0, 3).map(lambda n: UUID(int=n))
CALLS = st.lists(
    st.tuples(st.just("append"), st.sampled_from(NAMES), TOUCHES, IDS, st.none() | st.integers(0, 4))
    | st.tuples(st.just("append_many"), st.lists(st.tuples(st.sampled_from(NAMES), TOUCHES, IDS), max_size=5))
    | st.tuples(st.sampled_from(["snapshot", "state"]), st.sampled_from(NAMES))
    | st.tuples(st.sampled_from(["archive", "feed", "forget"])),
    max_size=10,
)


def do(repository: Any, prefix: str, call: Any) -> Any:
    """What the call returned or raised."""
    name, *arguments = call
    if name == "append":
        context, touches, identity, expected = arguments
        try:
            event = repository.append(prefix + context, event_id=identity, expected_seq=expected, **touches)
        except ConcurrentAppend as error:
            return error.found_seq
        return event.seq, dict(event.fields)
    if name == "append_many":
        return repository.append_many(
            NewEvent(prefix + context, touches, event_id=identity)
            for context, touches, identity in arguments[0]
        )
    return getattr(repository, name)(prefix + arguments[0]) and None


def seen(repository: Any, model: Any, prefix: str) -> list[Any]:
    keys = [attribute.key for attribute in inspect(model).column_attrs]
    states = [
        repr([getattr(state, key) for key in keys]) for state in repository.states(prefix + n for n in NAMES)
    ]
    histories = [
        [(e.seq, sorted(e.fields.items()), e.event_id) for e in repository.history(prefix + name)]
        for name in NAMES
    ]
    return [states, histories]


@pytest.mark.parametrize("model", [Employee, Profile])
@settings(max_examples=25)
@given(data=st.data())
def test_dynamodb_agrees_with_the_memory(dynamodb, prefix, open_repository, model, data):
    open_repository(model)
    own = uuid4().hex  # every example has contexts of its own
    memory = MemoryRepository(model)
    store = DynamoRepository(model, dynamodb, table_prefix=prefix)
    known = {field.key for field in inspect(model).column_attrs}
    for call in data.draw(CALLS):
        if call[0] == "forget":
            store = DynamoRepository(model, dynamodb, table_prefix=prefix)
        elif call[0] == "archive":
            store.archive(before=datetime.now(UTC))
        elif call[0] == "feed":
            store.feed(limit=3)
        else:
            allowed = restrict(call, known)
            assert do(store, own, allowed) == do(memory, own, allowed)

    assert seen(store, model, own) == seen(memory, model, own)
    assert store.verify()


def restrict(call: Any, known: set[str]) -> Any:
    """The call without the fields that the model has not."""
    if call[0] == "append":
        name, context, touches, *rest = call
        return (name, context, {k: v for k, v in touches.items() if k in known}, *rest)
    if call[0] == "append_many":
        return (call[0], [(c, {k: v for k, v in t.items() if k in known}, i) for c, t, i in call[1]])
    return call
