"""The first event of each life of a stream gives every field that is never None; a later one need not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    InvalidValue,
    Latest,
    MemoryRepository,
    NewEvent,
    copy,
    export_events,
    import_events,
)
from sqla_osiris.records import CopiedEvent

ID = UUID(int=1)
ITEM = {"name": "tea", "kind": "leaf"}


class Base(DeclarativeBase):
    pass


class Item(EventSourced, Base):
    __tablename__ = "first_item"
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    name: Mapped[str] = Latest(String(20))
    kind = Latest("item_kind", String(9), nullable=False)
    note: Mapped[str | None] = Latest(String(20))
    stock: Mapped[int] = Aggregate()


@pytest.fixture
def items(opens: Callable[[type[Any]], Any]) -> Any:
    return opens(Item)


def ended(items: Any, context: str) -> None:
    items.append_many([NewEvent(context, ITEM), NewEvent(context, {}, ends=True)])


def test_an_append_that_would_begin_a_stream_without_them_is_refused_and_names_them(items):
    with pytest.raises(InvalidValue, match=r"Item 'a': .* without name, kind, .* Nothing was written"):
        items.append("a", stock=1, note="x")
    with pytest.raises(InvalidValue, match=r"without kind, declared"):
        items.append("a", name="tea")

    assert (items.state("a"), list(items.history("a"))) == (None, [])
    assert items.append("a", **ITEM).seq == 1


def test_a_later_event_need_not_touch_them(items):
    items.append("a", **ITEM)

    assert items.append("a", stock=2).seq == 2
    assert items.append("a", name="jam", stock=1).seq == 3
    assert (items.state("a").name, items.state("a").kind, items.state("a").stock) == ("jam", "leaf", 3)


def test_a_life_that_begins_anew_needs_them_again(items):
    ended(items, "a")

    with pytest.raises(InvalidValue, match="without name, kind"):
        items.append("a", stock=1)
    with pytest.raises(InvalidValue, match="without name, kind"):
        items.append_many([NewEvent("a", {"stock": 1})])

    assert items.append("a", **ITEM).seq == 3


def test_a_writer_that_knew_the_life_before_is_refused_too(opens):
    mine, others = opens(Item), opens(Item)
    mine.append("a", **ITEM)
    others.append_many([NewEvent("a", {}, ends=True)])

    with pytest.raises(InvalidValue, match="without name, kind"):
        mine.append("a", stock=1)
    others.append("a", **ITEM)

    assert mine.append("a", stock=1).seq == 4
    assert others.append_many([NewEvent("a", {"stock": 1})]) == 1


def test_what_an_append_expects_is_looked_at_first(items):
    with pytest.raises(InvalidValue, match="without name, kind"):
        items.append("a", stock=1, expected_seq=0)
    with pytest.raises(ConcurrentAppend):
        items.append("a", stock=1, expected_seq=1)
    items.append("a", **ITEM)
    with pytest.raises(ConcurrentAppend):
        items.append("a", stock=1, expected_seq=0)

    assert items.append("a", stock=1, expected_seq=1).seq == 2


def test_a_repeat_by_its_id_is_known_whatever_became_of_the_stream(items):
    items.append("a", **ITEM)
    first = items.append("a", stock=1, event_id=ID)
    items.append_many([NewEvent("a", {}, ends=True)])

    assert items.append("a", stock=1, event_id=ID).seq == first.seq == 2
    assert items.append_many([NewEvent("a", {"stock": 1}, event_id=ID)]) == 0
    with pytest.raises(InvalidValue):
        items.append("a", stock=1, event_id=UUID(int=2))


def test_an_erased_stream_is_said_to_be_erased(items):
    items.append("a", **ITEM)
    items.erase("a")

    with pytest.raises(ContextErased):
        items.append("a", stock=1)
    with pytest.raises(ContextErased):
        items.append_many([NewEvent("a", {"stock": 1})])


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param([NewEvent("b", {"stock": 1})], id="no field of them at all"),
        pytest.param([NewEvent("b", {"name": "jam"}), NewEvent("b", ITEM)], id="one of two"),
        pytest.param(
            [NewEvent("b", ITEM), NewEvent("b", {}, ends=True), NewEvent("b", {"stock": 1})],
            id="behind an end",
        ),
        pytest.param([NewEvent("b", {}, ends=True), NewEvent("b", {"note": None})], id="an end comes first"),
    ],
)
def test_a_batch_with_such_an_event_is_refused_whole(items, batch):
    items.append("a", **ITEM)

    with pytest.raises(InvalidValue, match="Item 'b'"):
        items.append_many([NewEvent("a", {"stock": 1}), NewEvent("c", ITEM), *batch])

    assert ([e.seq for e in items.history("a")], list(items.history("b")), items.state("c")) == (
        [1],
        [],
        None,
    )
    assert items.append("a", stock=1).seq == 2


def test_a_batch_may_go_on_with_living_streams_and_begin_others(items):
    items.append("a", **ITEM)
    ended(items, "b")
    events = [
        NewEvent("a", {"stock": 1}),
        NewEvent("b", ITEM),
        NewEvent("b", {"stock": 2}),
        NewEvent("c", {**ITEM, "note": "x"}),
        NewEvent("c", {}, ends=True),
        NewEvent("c", {**ITEM, "name": "jam"}),
        NewEvent("d", {}, ends=True),
    ]

    assert items.append_many(events) == 7
    assert {s.id: (s.name, s.stock, s.seq) for s in items.states()} == {
        "a": ("tea", 1, 2),
        "b": ("tea", 2, 4),
        "c": ("jam", 0, 3),
    }


def test_a_redacted_first_event_reads_none_and_the_stream_goes_on(items):
    items.append("a", **ITEM)
    items.redact("a", 1, "name", reason="asked")

    assert (items.state("a").name, items.state("a").kind) == (None, "leaf")
    assert items.append("a", stock=1).seq == 3
    assert items.append_many([NewEvent("a", {"stock": 1})]) == 1
    assert (items.state("a", at=1).name, items.state("a").stock) == (None, 2)
    assert not items.verify().differences


def test_a_redaction_after_the_end_begins_no_life(items):
    ended(items, "a")

    assert items.redact("a", 1, "name", reason="asked").ends
    assert items.state("a") is None


def older_log() -> MemoryRepository[Any]:
    """A log that was written before its fields were declared never to be None."""
    log = MemoryRepository(Item)
    log.append_many(
        [
            CopiedEvent("a", {"stock": 1}, seq=1),
            CopiedEvent("b", {"note": None}, seq=1),
            CopiedEvent("b", {}, ends=True, seq=2),
            CopiedEvent("b", {"stock": 2}, seq=3),
        ]
    )
    return log


def test_a_log_that_is_older_than_the_declaration_is_copied_whole(items):
    assert copy(older_log(), items) == 4
    assert [(state.id, state.name, state.stock) for state in items.states(["a", "b"])] == [
        ("a", None, 1),
        ("b", None, 2),
    ]
    assert items.append("a", stock=1).seq == 2
    assert items.state("a", at=datetime(9999, 1, 1, tzinfo=UTC)).name is None


def test_and_between_databases_and_from_a_file(items, opens, tmp_path):
    export_events(older_log(), tmp_path / "log.jsonl")

    assert import_events(items, tmp_path / "log.jsonl") == 4
    assert [state.name for state in items.states(["a", "b"])] == [None, None]


def follow(items: Any, context: str, *, by: str) -> bool:
    """Whether an event was written that cannot begin a stream."""
    try:
        if by == "append":
            items.append(context, stock=1)
        else:
            items.append_many([NewEvent(context, {"stock": 1})])
    except InvalidValue:
        return False
    return True


@pytest.mark.parametrize("by", ["append", "append_many"])
def test_of_a_beginning_and_an_event_that_needs_it_none_slips_through(opens, by):
    """Whoever comes first: the stream's first event is a whole one."""
    beginning, following = opens(Item), opens(Item)
    with ThreadPoolExecutor(2) as pool:
        for context in map(str, range(5)):
            begun = pool.submit(beginning.append, context, **ITEM)
            followed = pool.submit(follow, following, context, by=by)

            assert begun.result().seq == 1
            expected = [ITEM, {"stock": 1}] if followed.result() else [ITEM]
            assert [dict(event.fields) for event in beginning.history(context)] == expected


def test_many_writers_of_one_living_stream_wait_for_each_other(opens):
    """Each of them finds the head that the one before it left."""
    repositories = [opens(Item) for _ in range(4)]
    repositories[0].append("a", **ITEM)

    def write(items: Any) -> None:
        for _ in range(10):
            items.append("a", stock=1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, repositories))
    assert (repositories[0].state("a").stock, repositories[0].state("a").seq) == (40, 41)
