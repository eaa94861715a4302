"""A default fills what the first event of each life leaves out, by append and by append_many, and no later event."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    Every,
    InvalidValue,
    Latest,
    MemoryRepository,
    NewEvent,
    copy,
)
from sqla_osiris.records import CopiedEvent

ID = UUID(int=1)
NUMBERS = count(1)


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "defaults_account"
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str] = Latest(String(20))
    kind: Mapped[str] = Latest("account_kind", String(20), default="current")
    label: Mapped[str] = Latest(
        String(60),
        default=lambda context: "{id} of {owner}: {account_kind}".format(**context.get_current_parameters()),
    )
    note: Mapped[str | None] = Latest(String(20), default="new")
    balance: Mapped[int] = Aggregate(Integer, default=100)
    moves: Mapped[int] = Aggregate(Integer, default=0)
    __snapshot__ = Every(3)


class Kept(EventSourced, MappedAsDataclass, Base):
    """Whose defaults are a dataclass's, its states in rows."""

    __tablename__ = "defaults_kept"
    id: Mapped[str] = Context(String(20))
    tags: Mapped[list[str]] = Latest(JSON, default_factory=lambda: ["new"])
    number: Mapped[int] = Latest(Integer, default_factory=lambda: next(NUMBERS))
    level: Mapped[int] = Latest(Integer, default=1)
    seen: Mapped[int] = Aggregate(Integer, default=0)


FIRST = {"owner": "bob", "kind": "current", "label": "a of bob: current", "note": "new", "balance": 100}


@pytest.fixture
def accounts(opens: Callable[[type[Any]], Any]) -> Any:
    return opens(Account)


def fields(accounts: Any, context: str) -> list[dict[str, Any]]:
    return [dict(event.fields) for event in accounts.history(context)]


def append(accounts: Any, context: str, **touches: Any) -> None:
    accounts.append(context, **touches)


def append_many(accounts: Any, context: str, **touches: Any) -> None:
    accounts.append_many([NewEvent(context, touches)])


BOTH = pytest.mark.parametrize("by", [append, append_many])


@BOTH
def test_the_first_event_is_given_them_and_no_later_one(accounts, by):
    by(accounts, "a", owner="bob")
    by(accounts, "a", balance=5)
    by(accounts, "a", note=None)

    assert fields(accounts, "a") == [FIRST, {"balance": 5}, {"note": None}]
    state = accounts.state("a")
    assert (state.kind, state.label, state.note, state.balance) == ("current", "a of bob: current", None, 105)


@BOTH
def test_what_is_given_stays_none_too(accounts, by):
    by(accounts, "a", owner="bob", kind="savings", note=None, balance=7)

    assert fields(accounts, "a") == [
        FIRST | {"kind": "savings", "label": "a of bob: savings", "note": None, "balance": 7}
    ]


@BOTH
def test_a_life_that_begins_anew_is_given_them_again(accounts, by):
    by(accounts, "a", owner="bob", kind="savings", label="x", note="y", balance=1)
    accounts.append_many([NewEvent("a", {}, ends=True)])
    by(accounts, "a", owner="bob")

    assert fields(accounts, "a")[2:] == [FIRST]
    assert (accounts.state("a").kind, accounts.state("a").balance) == ("current", 100)


def test_the_event_that_append_returns_has_them(accounts):
    event = accounts.append("a", owner="bob", event_id=ID, event_type="opened")

    assert (dict(event.fields), event.seq, event.event_id) == (FIRST, 1, ID)
    assert accounts.append("a", owner="bob", event_id=ID).seq == 1
    assert accounts.append("a", balance=1, event_id=UUID(int=2)).seq == 2
    assert fields(accounts, "a") == [FIRST, {"balance": 1}]


@BOTH
def test_what_has_no_default_is_required_still(accounts, by):
    with pytest.raises(InvalidValue, match=r"Account 'a': .* without owner, declared never to be None"):
        by(accounts, "a", label="x")
    with pytest.raises(InvalidValue, match=r"Account\.kind: None refused"):
        by(accounts, "a", owner="bob", kind=None)

    assert (fields(accounts, "a"), accounts.state("a")) == ([], None)


def test_what_an_append_expects_is_looked_at_first(accounts):
    assert dict(accounts.append("a", owner="bob", expected_seq=0).fields) == FIRST
    with pytest.raises(ConcurrentAppend):
        accounts.append("a", owner="bob", expected_seq=0)
    with pytest.raises(ConcurrentAppend):
        accounts.append("a", balance=1, expected_seq=0)
    with pytest.raises(InvalidValue):
        accounts.append("b", balance=1, expected_seq=0)

    assert dict(accounts.append("a", balance=1, expected_seq=1).fields) == {"balance": 1}


def test_a_batch_begins_goes_on_with_and_ends_streams(accounts):
    accounts.append("a", owner="bob", label="x")
    accounts.append_many(
        [
            NewEvent("b", {"owner": "ann", "label": "y"}),
            NewEvent("a", {"balance": 1}),
            NewEvent("b", {"balance": 2}),
            NewEvent("c", {}, ends=True),
            NewEvent("b", {}, ends=True),
            NewEvent("b", {"owner": "eve", "label": "z", "note": None}),
            NewEvent("a", {"kind": "savings"}),
            NewEvent("c", {"owner": "dan", "label": "c", "kind": "k", "note": "n", "balance": 0}),
        ]
    )

    begun = {"kind": "current", "note": "new", "balance": 100}
    assert fields(accounts, "a") == [
        {"owner": "bob", "label": "x", **begun},
        {"balance": 1},
        {"kind": "savings"},
    ]
    assert fields(accounts, "b") == [
        {"owner": "ann", "label": "y", **begun},
        {"balance": 2},
        {},
        {"owner": "eve", "label": "z", **begun, "note": None},
    ]
    assert [state.balance for state in accounts.states(["a", "b", "c"])] == [101, 100, 0]
    assert not accounts.verify().differences


def test_a_batch_of_repeats_gives_nothing_twice(accounts):
    batch = [
        NewEvent("a", {"owner": "bob"}, event_id=ID),
        NewEvent("a", {"balance": 1}, event_id=UUID(int=2)),
    ]

    assert (accounts.append_many(batch), accounts.append_many(batch)) == (2, 0)
    assert fields(accounts, "a") == [FIRST, {"balance": 1}]


def test_an_erased_stream_is_said_to_be_erased(accounts):
    accounts.append("a", owner="bob")
    accounts.erase("a")

    for by in (append, append_many):
        with pytest.raises(ContextErased):
            by(accounts, "a", owner="bob")


def test_a_copy_is_of_what_was_recorded(accounts):
    log = MemoryRepository(Account)
    log.append_many([CopiedEvent("a", {"owner": "bob"}, seq=1)])

    assert copy(log, accounts) == 1
    assert fields(accounts, "a") == [{"owner": "bob"}]
    assert (accounts.state("a").kind, accounts.state("a").balance) == (None, 0)


def test_a_dataclass_has_its_own_way_of_saying_so(opens):
    kept = opens(Kept)
    kept.append("a")
    kept.append("a", seen=2)
    kept.append_many(
        [NewEvent("b", {}), NewEvent("a", {"level": 2}), NewEvent("c", {"number": 0, "tags": []})]
    )

    first, *_ = fields(kept, "a")
    assert (first["tags"], first["level"], first["number"] > 0) == (["new"], 1, True)
    assert [(s.tags, s.level, s.seen) for s in kept.states(["a", "b", "c"])] == [
        (["new"], 2, 2),
        (["new"], 1, 0),
        ([], 1, 0),
    ]
    assert kept.state("b").number > first["number"]


@pytest.mark.parametrize("by", [append, append_many])
def test_of_two_that_begin_a_stream_one_gives_the_defaults(opens, by):
    """Whoever comes second must not put a default over what the first one gave."""
    mine, others = opens(Account), opens(Account)
    with ThreadPoolExecutor(2) as pool:
        for context in map(str, range(8)):
            given = pool.submit(others.append, context, owner="ann", kind="savings")
            left_out = pool.submit(by, mine, context, owner="bob", label="mine")
            given.result()
            left_out.result()

            first, second = fields(mine, context)
            assert {*first} == {"owner", "kind", "label", "note", "balance"}
            assert {*second} == ({"owner", "label"} if first["owner"] == "ann" else {"owner", "kind"})
            assert mine.state(context).balance == 100
