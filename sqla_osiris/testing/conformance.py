"""The promises of a repository as named tests: what a third-party store runs against itself.

    from sqla_osiris.testing.conformance import RepositoryConformance

    class TestMyStore(RepositoryConformance):
        def open(self, model):
            return MyRepository(model, self.client)

pytest collects that as it stands, fixtures included; unittest wants ``(RepositoryConformance, unittest.TestCase)``.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import Integer, MetaData, Numeric, String
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.declarative.fields import Aggregate, Context, Latest
from sqla_osiris.declarative.model import EventSourced
from sqla_osiris.errors import InvalidValue, UnknownField
from sqla_osiris.records import NewEvent
from sqla_osiris.reducers import Max
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.schema.policies import Every, SnapshotPolicy
from sqla_osiris.testing.model_laws import seen_event, seen_state
from sqla_osiris.testing.sameness import same

__all__ = ["Account", "RepositoryConformance"]

_WRITERS, _APPENDS = 4, 10


class _Base(DeclarativeBase):
    metadata: ClassVar[MetaData] = MetaData()


class Account(EventSourced, _Base):
    """The model of the tests; its snapshots fall due after three events."""

    __tablename__ = "osiris_conformance"
    __snapshot__: ClassVar[SnapshotPolicy] = Every(3)
    id: Mapped[str] = Context(String(60))
    owner: Mapped[str | None] = Latest(String(20))
    balance: Mapped[int] = Aggregate(Integer)
    fees: Mapped[Decimal] = Aggregate(Numeric(10, 2))
    highest: Mapped[int | None] = Aggregate(Integer, reducer=Max())


class RepositoryConformance:
    """Derive from it and write ``open``. Each test uses contexts of its own: the store need not be empty."""

    def open(self, model: type[Any]) -> Repository[Any]:
        """A repository of ``model`` on a store that is ready for it; within a test, each call means the same store."""
        raise NotImplementedError(
            f"{type(self).__name__}: write open(self, model), which returns a Repository"
        )

    def test_append_returns_the_event_as_stored(self) -> None:
        """Seq from 1, the fields, an aware time, and the metadata."""
        accounts, who, event_id = self._accounts(), _somebody(), uuid4()

        event = accounts.append(
            who, owner="Ann", balance=3, event_id=event_id, event_type="opened", event_meta={"by": "jane"}
        )

        _equal((event.context, event.seq), (who, 1))
        _equal(dict(event.fields), {"owner": "Ann", "balance": 3})
        _equal((event.event_id, event.event_type), (event_id, "opened"))
        _equal(dict(event.event_meta or {}), {"by": "jane"})
        _equal(type(event.recorded_at.utcoffset()), timedelta)

    def test_seq_counts_within_a_context_without_a_gap(self) -> None:
        """Other contexts do not matter."""
        accounts, one, other = self._accounts(), _somebody(), _somebody()

        _equal([accounts.append(who, balance=1).seq for who in (one, other, one, one)], [1, 1, 2, 3])

    def test_a_state_is_the_fold_of_its_events(self) -> None:
        """The last value, the sum, the exact sum and the greatest, with their types."""
        accounts, who = self._accounts(), _somebody()
        accounts.append(who, owner="Ann", balance=3, fees=Decimal("0.10"), highest=3)
        accounts.append(who, balance=-5, fees=Decimal("0.20"), highest=2)

        state = seen_state(accounts.state(who), ("id", "owner", "balance", "fees", "highest"))

        expected = {"id": who, "owner": "Ann", "balance": -2, "fees": Decimal("0.30"), "highest": 3, "seq": 2}
        _equal(state, expected)

    def test_a_field_touched_with_none_is_not_an_untouched_one(self) -> None:
        """In the state and in the history."""
        accounts, who = self._accounts(), _somebody()
        accounts.append(who, owner="Ann")
        accounts.append(who, balance=1)
        _equal(_state(accounts, who).owner, "Ann")

        accounts.append(who, owner=None)

        _equal(_state(accounts, who).owner, None)
        _equal(
            [dict(event.fields) for event in accounts.history(who)],
            [{"owner": "Ann"}, {"balance": 1}, {"owner": None}],
        )

    def test_an_event_that_touches_nothing_counts(self) -> None:
        """It has a seq, and begins a stream."""
        accounts, who = self._accounts(), _somebody()

        _equal(accounts.append(who).seq, 1)
        _equal((_state(accounts, who).balance, _state(accounts, who).owner), (0, None))

    def test_the_expected_seq_must_be_the_one_found(self) -> None:
        """Else ConcurrentAppend says both, and nothing is written; 0 expects no stream."""
        accounts, who = self._accounts(), _somebody()
        _equal(accounts.append(who, balance=1, expected_seq=0).seq, 1)
        _equal(accounts.append(who, balance=1, expected_seq=1).seq, 2)

        for stale in (0, 1, 3):
            error = _raises(ConcurrentAppend, accounts.append, who, balance=1, expected_seq=stale)
            _equal((error.expected_seq, error.found_seq), (stale, 2))

        _equal(_state(accounts, who).balance, 2)

    def test_an_event_id_is_appended_once(self) -> None:
        """Again, it gives the event of then, whatever else is said."""
        accounts, who, event_id = self._accounts(), _somebody(), uuid4()
        first = accounts.append(who, balance=1, event_id=event_id)
        accounts.append(who, balance=1)

        again = accounts.append(who, balance=7, event_id=event_id)

        _equal(seen_event(again), seen_event(first))
        _equal(_state(accounts, who).balance, 2)

    def test_append_many_appends_in_order_and_counts(self) -> None:
        """An iterator is enough; an event whose event_id is there already is left out."""
        accounts, one, other, event_id = self._accounts(), _somebody(), _somebody(), uuid4()
        accounts.append(one, balance=1, event_id=event_id)
        batch = [
            NewEvent(one, {"owner": "Ann"}),
            NewEvent(other, {"balance": 2}),
            NewEvent(one, {"balance": 9}, event_id=event_id),
            NewEvent(one, {"owner": "Bob"}, event_type="renamed"),
        ]
        progress: list[int] = []

        _equal(accounts.append_many(iter(batch), progress=progress.append), 3)

        _equal(progress[-1:], [3])
        _equal([(e.seq, e.event_type) for e in accounts.history(one)], [(1, None), (2, None), (3, "renamed")])
        _equal((_state(accounts, one).owner, _state(accounts, other).balance), ("Bob", 2))

    def test_append_many_is_all_or_nothing(self) -> None:
        """One event that is refused, or an iterable that raises, leaves nothing."""
        accounts, who = self._accounts(), _somebody()
        good = NewEvent(who, {"balance": 1})

        _raises(UnknownField, accounts.append_many, [good, NewEvent(who, {"colour": 1})])
        _raises(InvalidValue, accounts.append_many, [good, NewEvent(who, {"balance": "x"})])
        _raises(ZeroDivisionError, accounts.append_many, _failing(good))

        _equal((accounts.state(who), list(accounts.history(who))), (None, []))

    def test_an_imported_event_keeps_its_time(self) -> None:
        """``recorded_at`` decides nothing: the order is that of seq."""
        accounts, who = self._accounts(), _somebody()
        times = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 1)]

        accounts.append_many(NewEvent(who, {"owner": str(at.day)}, recorded_at=at) for at in times)

        _equal([event.recorded_at for event in accounts.history(who)], times)
        _equal(_state(accounts, who).owner, "1")

    def test_states_come_in_the_order_asked_for(self) -> None:
        """Those without a stream are left out."""
        accounts, one, other = self._accounts(), _somebody(), _somebody()
        for who in (one, other):
            accounts.append(who, balance=1)

        _equal([state.id for state in accounts.states([other, _somebody(), one])], [other, one])
        _equal({one, other} - {state.id for state in accounts.states()}, set())

    def test_nobody_has_no_state_and_no_history(self) -> None:
        """None and an empty iterator, no error."""
        accounts, who = self._accounts(), _somebody()

        _equal((accounts.state(who), list(accounts.history(who)), accounts.snapshot(who)), (None, [], None))

    def test_a_history_begins_after_a_seq(self) -> None:
        """And ends with the last event."""
        accounts, who = self._accounts(), _somebody()
        for amount in range(5):
            accounts.append(who, balance=amount)

        _equal([event.seq for event in accounts.history(who)], [1, 2, 3, 4, 5])
        _equal([event.seq for event in accounts.history(who, after=3)], [4, 5])
        _equal(list(accounts.history(who, after=5)), [])

    def test_a_snapshot_changes_nothing(self) -> None:
        """It returns the seq that it stands for; the state is the same, and goes on from there."""
        accounts, who = self._accounts(), _somebody()
        accounts.append(who, owner="Ann", balance=1)
        accounts.append(who, fees=Decimal("0.10"))
        before = seen_state(accounts.state(who), ("owner", "balance", "fees", "highest"))

        _equal(accounts.snapshot(who), 2)

        _equal(seen_state(accounts.state(who), ("owner", "balance", "fees", "highest")), before)
        accounts.append(who, balance=2, fees=Decimal("0.20"))
        _equal((_state(accounts, who).balance, _state(accounts, who).fees), (3, Decimal("0.30")))
        _equal(len(list(accounts.history(who))), 3)

    def test_an_unknown_field_is_refused(self) -> None:
        """UnknownField, and nothing is written."""
        accounts, who = self._accounts(), _somebody()

        _equal(_raises(UnknownField, accounts.append, who, colour="red").field, "colour")
        _equal(accounts.state(who), None)

    def test_a_value_that_no_store_can_hold_is_refused_by_this_one(self) -> None:
        """A wrong type, a length, a range, a scale, NaN, a NUL character, half a surrogate pair, no context."""
        accounts, who = self._accounts(), _somebody()
        bad: list[Mapping[str, Any]] = [
            {"balance": "1"},
            {"balance": True},
            {"balance": 2**31},
            {"balance": None},
            {"owner": "x" * 21},
            {"owner": "\x00"},
            {"owner": "\ud800"},
            {"fees": Decimal("0.001")},
            {"fees": Decimal("NaN")},
        ]
        for fields in bad:
            _raises(InvalidValue, accounts.append, who, **fields)
        for context in (None, 1, (who, who)):
            _raises(InvalidValue, accounts.append, context, balance=1)

        _equal(accounts.state(who), None)

    def test_what_was_appended_is_there_for_another_repository(self) -> None:
        """Opened on the same store."""
        who = _somebody()
        self._accounts().append(who, balance=1)

        _equal(_state(self._accounts(), who).balance, 1)

    def test_concurrent_appends_lose_nothing_and_leave_no_gap(self) -> None:
        """Threads that append to one context, each by a repository of its own."""
        who = _somebody()

        def write(writer: int) -> list[int]:
            accounts = self._accounts()
            return [accounts.append(who, balance=1, owner=str(writer)).seq for _ in range(_APPENDS)]

        with ThreadPoolExecutor(_WRITERS) as threads:
            seqs = [seq for given in threads.map(write, range(_WRITERS)) for seq in given]

        everything = list(range(1, _WRITERS * _APPENDS + 1))
        accounts = self._accounts()
        _equal(sorted(seqs), everything)
        _equal([event.seq for event in accounts.history(who)], everything)
        _equal(_state(accounts, who).balance, len(everything))

    def test_of_concurrent_appends_with_one_expected_seq_one_wins(self) -> None:
        """The others raise ConcurrentAppend and leave nothing."""
        who = _somebody()
        self._accounts().append(who, balance=1)

        def write(_: int) -> bool:
            try:
                self._accounts().append(who, balance=1, expected_seq=1)
            except ConcurrentAppend:
                return False
            return True

        with ThreadPoolExecutor(_WRITERS) as threads:
            _equal(sorted(threads.map(write, range(_WRITERS))), [False] * (_WRITERS - 1) + [True])
        _equal(_state(self._accounts(), who).balance, 2)

    def _accounts(self) -> Repository[Any]:
        return self.open(Account)


def _somebody() -> str:
    return f"account {uuid4().hex}"


def _state(accounts: Repository[Any], context: Any) -> Any:
    return accounts.state(context)


def _failing(event: NewEvent) -> Iterator[NewEvent]:
    yield event
    raise ZeroDivisionError


def _equal(found: Any, expected: Any) -> None:
    if not same(found, expected):
        raise AssertionError(f"found    {found!r}\nexpected {expected!r}")


def _raises(kind: type[BaseException], call: Callable[..., Any], *arguments: Any, **fields: Any) -> Any:
    try:
        given = call(*arguments, **fields)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected, {given!r} was returned")
