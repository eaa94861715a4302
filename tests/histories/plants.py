"""Faults that are planted into the library, in the workers' processes: each breaks a promise, and must be found.

Among them is each by which events were once lost, doubled or skipped. They are planted where a user calls, as far as
they can be: what is inside may change.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from sqla_osiris import (
    ConcurrentAppend,
    DynamoRepository,
    Event,
    MongoRepository,
    NewEvent,
    SQLRepository,
    Subscription,
)

__all__ = ["PLANTS", "Plant"]


@dataclass(frozen=True)
class Plant:
    """``plant`` changes the library in this process; ``promise`` is broken then, on ``store``, by these workers."""

    plant: Callable[[], None]
    store: str
    promise: str
    crew: dict[str, int]
    kinds: frozenset[str] | None = None
    threads: int = 1
    policy: str = "every"
    seconds: float = 0.4
    """Of the first round; each further one has twice as many."""


PLANTS: dict[str, Plant] = {}


def planted(store: str, promise: str, *, kinds: str = "", **options: Any) -> Callable[[Any], Any]:
    """Name the fault after its function. ``kinds`` are those of the calls that are made, with blanks between."""
    crew = {name: options.pop(name) for name in list(options) if name not in {"threads", "policy", "seconds"}}

    def keep(plant: Callable[[], None]) -> Callable[[], None]:
        made = frozenset(kinds.split()) or None
        PLANTS[plant.__name__] = Plant(plant, store, promise, crew, made, **options)
        return plant

    return keep


def instead(owner: Any, name: str) -> Callable[[Any], Any]:
    """Have the decorated function run in its place; it is given the original first."""

    def put(function: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, name)
        setattr(owner, name, lambda *given, **named: function(original, *given, **named))
        return function

    return put


# Events lost, doubled or skipped


@planted(
    "mongodb",
    "readers_saw_the_feed",
    writer=1,
    keeper=1,
    feed=2,
    kinds="append batch archive page",
    seconds=1.0,
)
def archived_events_are_skipped() -> None:
    """The live collection alone fills a page of the feed, behind the hole that the archive fills."""

    @instead(MongoRepository, "feed")
    def feed(original: Any, self: Any, **asked: Any) -> list[Event]:
        time.sleep(random.uniform(0, 0.3))  # the archive takes meanwhile what was not read
        page = original(self, **asked)
        positions = {"position": {"$in": [event.position for event in page]}}
        archived = {each["position"] for each in self._store.backend.archive.find(positions)}
        return [event for event in page if event.position not in archived] or page


@planted("postgresql", "no_event_is_there_twice", writer=2, keeper=1, kinds="repeat archive snapshots")
def archived_event_ids_are_forgotten() -> None:
    """A repetition by event_id looks at the events alone, and not into the archive."""

    @instead(SQLRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **given: Any) -> Event:
        archive = self._log.archive
        if isinstance(self._target, Engine) and given.get("event_id"):
            with self._target.connect() as connection:
                known = select(archive.c.seq).where(archive.c.event_id == given["event_id"])
                if connection.scalar(known) is not None:
                    given["event_id"] = None
        return original(self, context, **given)


@planted("sqlite-wal", "sessions_are_one_transaction", session=2, kinds="write_beside")
def savepoints_commit() -> None:
    """RELEASE of a savepoint without BEGIN commits: SQLite's transaction is over before the session's is."""

    @instead(SQLRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **given: Any) -> Event:
        event = original(self, context, **given)
        if isinstance(self._target, Session) and given.get("event_id"):
            self._target.connection().connection.driver_connection.commit()
        return event


@planted(
    "mariadb",
    "readers_saw_the_feed",
    session=1,
    feed=2,
    threads=3,
    seconds=1.0,
    kinds="dawdle write_beside page",
)
def settled_positions_are_shared() -> None:
    """Positions that one thread settles count for rows that another has read before."""
    from sqla_osiris.reading import feed as reading  # noqa: PLC0415  (the worker's own)

    @instead(reading, "_visible")
    def visible(
        _original: Any, engine: Any, log: Any, after: Any, limit: int, settled: Any
    ) -> tuple[Any, int]:
        with engine.connect() as connection:
            columns = reading.feed_columns(connection, log, after, limit)
        time.sleep(random.uniform(0, 0.4))
        if not columns:
            return [], 0
        last = after or 0
        positions = columns[list(log.events.c).index(log.events.c.position)]
        for place, position in enumerate(positions):
            if position > max(last, settled.until) + 1:
                return columns, place
            last = position
        return columns, len(positions)


@planted("mariadb", "readers_saw_the_feed", session=3, feed=2, kinds="dawdle write_beside page", seconds=1.0)
def holes_are_passed() -> None:
    """The feed goes on behind a position that a running transaction has taken."""
    from sqla_osiris.reading import feed as reading  # noqa: PLC0415

    reading._before_holes = lambda positions, *_: len(positions)


@planted(
    "postgresql", "readers_saw_the_feed", session=3, feed=2, kinds="dawdle write_beside page", seconds=1.0
)
def horizons_are_passed() -> None:
    """The feed reads events that a running transaction can still precede."""
    from sqla_osiris.databases.postgresql.positions import Positions  # noqa: PLC0415

    Positions.horizon = Positions.horizon.replace("snapshot_xmin", "snapshot_xmax")


# Short: a second of appends on a quick machine is more than a round copies.
@planted("sqlite-wal", "copies_hold_each_event_once", writer=1, kinds="append copy", seconds=0.2)
def copies_look_once() -> None:
    """A copy looks once whether its target is empty, and two at once append everything."""
    from sqla_osiris.repositories.copying import feed_pages  # noqa: PLC0415
    from tests.histories import copies  # noqa: PLC0415

    @instead(copies, "copy")
    def copy(original: Any, source: Any, target: Any) -> int:
        if target.feed(limit=1):
            return int(original(source, target))
        time.sleep(1)  # the others have looked by then, on a busy machine too
        return sum(
            target.append_many([NewEvent(event.context, event.fields) for event in page])
            for page in feed_pages(source)
        )


@planted("mongodb", "reads_are_recent", alone=1, kinds="batch archive_before history")
def archives_cut_by_time() -> None:
    """An archive takes events although one before them stays, whose time is later; the history ends with that one."""
    from sqla_osiris.repositories.mongo import pipelines  # noqa: PLC0415
    from sqla_osiris.repositories.mongo.values import microseconds  # noqa: PLC0415

    @instead(MongoRepository, "archive")
    def archive(_original: Any, self: Any, *, before: Any) -> int:
        self.feed()  # gives what is archived its positions
        collections = self._store.backend
        where = {"recorded_at": {"$lt": microseconds(before)}, "position": {"$exists": True}}
        events = list(collections.events.find(where, {"context": 1}).sort("seq"))
        stays = {event["context"]: event["_id"] for event in reversed(events)}
        moved = {"_id": {"$in": [each["_id"] for each in events if each["_id"] != stays[each["context"]]]}}
        collections.events.aggregate([{"$match": moved}, {"$merge": collections.archive.name}])
        collections.events.update_many(moved, pipelines.vacating("event_id"))
        collections.snapshots.update_many({}, {"$set": {"moved": True}})
        return len(moved["_id"]["$in"])

    @instead(MongoRepository, "history")
    def history(original: Any, self: Any, context: Any, /, *, after: int) -> Iterator[Event]:
        events = list(original(self, context, after=after))
        here = {"context": context, "recorded_at": {"$exists": True}}
        live = {event["seq"] for event in self._store.backend.events.find(here, {"seq": 1})}
        return iter([event for event in events if event.seq <= max(live, default=event.seq)])


@planted("postgresql", "acknowledged_events_are_there_once", session=2, kinds="insist")
def undone_transactions_go_on() -> None:
    """A session can be committed although the server has rolled its transaction back."""

    @instead(SQLRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **given: Any) -> Event:
        event: Event = original(self, context, **given)
        if isinstance(self._target, Session) and random.random() < 0.3:
            self._target.connection().connection.driver_connection.rollback()
            raise ConcurrentAppend(context=context, expected_seq=None, found_seq=None)
        return event


@planted(
    "mongodb-standalone", "subscriptions_handled_each_event", writer=1, subscriber=1, kinds="append follow"
)
def subscriptions_skip_what_failed() -> None:
    """The checkpoint is beyond an event whose handler did not come to its end."""
    from tests.histories.subscribers import Subscriber, Trouble  # noqa: PLC0415

    Subscriber.fails = 0.1

    @instead(Subscription, "__init__")
    def init(original: Any, self: Any, repository: Any, name: str, handler: Any, **options: Any) -> None:
        def skipping(event: Any, session: Any) -> None:
            with suppress(Trouble):
                handler(event, session)

        original(self, repository, name, skipping, **options)


@planted("dynamodb", "acknowledged_events_are_there_once", writer=2, kinds="append")
def events_are_acknowledged_too_soon() -> None:
    """An append returns although its event was not written."""

    @instead(DynamoRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **fields: Any) -> Event:
        last = next(iter(reversed(list(self.history(context)))), None)
        if last is not None and random.random() < 0.2:
            return replace(last, seq=last.seq + 1, fields=fields)
        return original(self, context, **fields)  # type: ignore[no-any-return]


# Seqs, snapshots, batches


@planted("postgresql", "acknowledged_events_are_there_once", writer=3, kinds="append")
def seqs_are_the_greatest_and_one() -> None:
    """The seq that an append tells is one more than the greatest that it had read."""

    @instead(SQLRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **given: Any) -> Event:
        events = self._log.rows
        with self._target.connect() as connection:
            greatest = connection.scalar(select(func.max(events.c.seq)).where(events.c.id == context))
        return replace(original(self, context, **given), seq=(greatest or 0) + 1)


@planted("postgresql", "states_are_folds", writer=3, keeper=2, kinds="append batch snapshot")
def snapshots_run_ahead() -> None:
    """A snapshot says that it has folded events that came while it was taken."""

    @instead(SQLRepository, "snapshot")
    def snapshot(original: Any, self: Any, context: Any, /) -> int | None:
        seq: int | None = original(self, context)
        time.sleep(0.01)
        heads = self._log.heads
        living = (heads.c.id == context, heads.c.osiris_folded == seq)
        with self._target.begin() as connection:
            connection.execute(update(heads).where(*living).values(osiris_folded=heads.c.seq))
        return seq


@planted("sqlite-wal", "batches_are_whole", writer=2, kinds="batch")
def batches_come_in_parts() -> None:
    """A batch is committed a few events at a time."""

    @instead(SQLRepository, "append_many")
    def append_many(original: Any, self: Any, events: Any) -> int:
        source: Iterator[NewEvent] = iter(events)
        written = 0
        while part := list(islice(source, 3)):
            written += original(self, part)
        return written


@planted("dynamodb", "expected_seqs_held", writer=3, kinds="expect append")
def expected_seqs_are_ignored() -> None:
    @instead(DynamoRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **given: Any) -> Event:
        given.pop("expected_seq", None)
        return original(self, context, **given)  # type: ignore[no-any-return]


@planted("postgresql", "expected_seqs_held", session=3, kinds="change")
def updates_are_lost() -> None:
    """A flush writes whatever others have written since the object was loaded."""
    from sqla_osiris.databases.plan import Expect  # noqa: PLC0415
    from sqla_osiris.writing import unit_of_work  # noqa: PLC0415

    @instead(unit_of_work, "_written")
    def written(original: Any, *given: Any) -> Any:
        found = original(*given)
        for write, _ in found:
            if write.expect is Expect.SEQ and not write.ends:
                write.expect, write.expected_seq = Expect.ANYTHING, None
        return found


# Erasing, redacting, reading


@planted("postgresql", "erased_stays_erased", writer=2, keeper=2, kinds="haunt erase snapshot")
def erasures_are_undone_by_snapshots() -> None:
    """A snapshot of before is stored over the tombstone."""

    @instead(SQLRepository, "erase")
    def erase(original: Any, self: Any, context: Any, /) -> int:
        heads = self._log.heads
        with self._target.connect() as connection:
            head = connection.execute(select(heads).where(heads.c.id == context)).one_or_none()
        erased = int(original(self, context))
        if head is not None:
            with self._target.begin() as connection:
                connection.execute(update(heads).where(heads.c.id == context).values(head._mapping))
        return erased


@planted("mariadb", "redactions_hold", writer=1, keeper=1, kinds="append redact")
def redacted_values_come_back() -> None:
    """What was redacted is written again, as a copy of before would do."""

    @instead(SQLRepository, "redact")
    def redact(original: Any, self: Any, context: Any, seq: int, name: str, /, **said: Any) -> Any:
        event = original(self, context, seq, name, **said)
        if event is not None:
            events = self._log.events
            here = (events.c.id == context, events.c.seq == seq)
            with self._target.begin() as connection:
                connection.execute(update(events).where(*here).values(note="secret"))
        return event


@planted("sqlite-wal", "reads_are_recent", writer=2, state=1, kinds="append state")
def states_are_remembered() -> None:
    """A state that was read is given again for a while."""
    known: dict[Any, tuple[float, Any]] = {}

    @instead(SQLRepository, "state")
    def state(original: Any, self: Any, context: Any, /, **at: Any) -> Any:
        since, found = known.get(context, (0.0, None))
        if time.monotonic() - since > 0.4:
            found = original(self, context, **at)
            known[context] = time.monotonic(), found
        return found


@planted("mongodb-standalone", "states_read_are_folds", writer=3, state=2, kinds="append batch state")
def states_are_read_apart() -> None:
    """A state's fields are read after its seq was."""

    @instead(MongoRepository, "state")
    def state(original: Any, self: Any, context: Any, /, **at: Any) -> Any:
        before = original(self, context, **at)
        time.sleep(0.005)
        after = original(self, context, **at)
        if before is not None and after is not None:
            after.seq = before.seq
        return after


@planted("sqlite-wal", "only_what_may_be_raised_was", writer=1, kinds="append")
def errors_are_raw() -> None:
    """What went wrong inside is raised as it is."""

    @instead(SQLRepository, "append")
    def append(original: Any, self: Any, context: Any, /, **given: Any) -> Event:
        if random.random() < 0.1:
            raise KeyError(context)
        return original(self, context, **given)  # type: ignore[no-any-return]
