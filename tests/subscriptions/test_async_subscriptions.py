"""Subscriptions of asynchronous repositories: the handler is awaited, and the promises are the blocking one's."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sqla_osiris import (
    Aggregate,
    AsyncDynamoRepository,
    AsyncMongoRepository,
    AsyncSQLRepository,
    AsyncSubscription,
    Context,
    EventSourced,
    InvalidValue,
    NewEvent,
    OsirisError,
)
from tests import selection

PATIENCE = 60
HANDLED = Table("async_handled", MetaData(), Column("who", String(40)), Column("seq", Integer))


class Base(DeclarativeBase):
    pass


class Letter(Base):
    __tablename__ = "async_letter"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


LETTERS: Any = Letter.__table__


class Porter(EventSourced):
    __tablename__ = "async_porter"
    __notify__ = True
    id = Context(String(40))
    overtime = Aggregate(Integer)


@pytest_asyncio.fixture
async def on_sql(postgresql_database):
    engine = create_async_engine(make_url(postgresql_database).set(drivername="postgresql+asyncpg"))
    yield AsyncSQLRepository(Porter, engine)
    await engine.dispose()


@pytest_asyncio.fixture
async def on_mongodb(mongodb_url, mongodb_database):
    client = AsyncMongoClient(mongodb_url)
    yield AsyncMongoRepository(Porter, client[mongodb_database.name])
    await client.close()


@pytest_asyncio.fixture
async def on_dynamodb(async_dynamodb, prefix):
    yield AsyncDynamoRepository(Porter, async_dynamodb, table_prefix=prefix)


async def filled(repository):
    await repository.create()
    await repository.append_many([NewEvent(f"e{number % 3}", {"overtime": number}) for number in range(8)])
    return repository


async def subscribed(repository, name, handler=None, **options):
    subscription = AsyncSubscription(repository, name, handler, **{"backoff": 0.001} | options)
    await subscription.create()
    return subscription


def places(events):
    return [(event.context, event.seq) for event in events]


@pytest.fixture
def table(async_engine):
    """Where a handler on SQL writes."""

    async def rows():
        async with async_engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(select(HANDLED))]

    return rows


async def into_table(event, session):
    await session.execute(insert(HANDLED).values(who=event.context, seq=event.seq))


@pytest.mark.parametrize("target", ["engine", "sessionmaker"])
async def test_what_the_handler_awaits_and_the_checkpoint_are_there_or_neither(async_engine, table, target):
    porters = await filled(AsyncSQLRepository(Porter, async_engine))
    async with async_engine.begin() as connection:
        await connection.run_sync(HANDLED.create)
    if target == "sessionmaker":
        porters = AsyncSQLRepository(Porter, async_sessionmaker(async_engine))
    failing = [True]

    async def handler(event, session):
        assert isinstance(session, AsyncSession)
        await into_table(event, session)
        if event.seq == 3 and failing:
            raise ValueError

    worker = await subscribed(porters, "table", handler, attempts=10, batch=4)
    for _ in range(5):
        await worker.run_once()
    assert await table() == places(await porters.feed())[:6]
    failing.clear()
    await worker.run()

    assert await table() == places(await porters.feed())


async def test_what_a_coroutine_leaves_to_the_flush_is_its_event_s_and_it_ends_no_transaction(async_engine):
    porters = await filled(AsyncSQLRepository(Porter, async_engine))
    async with async_engine.begin() as connection:
        await connection.run_sync(LETTERS.metadata.create_all)

    async def handler(event, session):
        session.add(Letter(name="e0 1" if event.context == "e1" else f"{event.context} {event.seq}"))
        if event.context == "e2":
            await session.commit()
        if (event.context, event.seq) == ("e0", 3):
            await session.rollback()

    worker = await subscribed(porters, "letters", handler, attempts=1)
    assert await worker.run() == 2
    errors = [parked.error.partition(":")[0] for parked in await worker.parked()]
    assert sorted(errors) == ["IntegrityError"] * 3 + ["OsirisError"] * 3
    async with async_engine.connect() as connection:
        assert (await connection.scalars(select(LETTERS.c.name))).all() == ["e0 1", "e0 2"]


STORES = ["sql", *(store for store in ("mongodb", "dynamodb") if store in selection.STORES)]


@pytest.fixture(params=STORES)
def porters(request):
    """A repository on each store, on SQL of one driver."""
    return request.getfixturevalue(f"on_{request.param}")


async def test_every_event_is_handled_and_what_fails_is_parked(porters):
    await filled(porters)
    handled = []

    async def handler(event, _):
        await asyncio.sleep(0)
        if (event.context, event.seq) == ("e1", 2):
            raise ValueError("no")
        handled.append(event.position)

    worker = await subscribed(porters, "mailer", handler, attempts=2, batch=3)
    assert await worker.run() == 7
    everything = [event.position for event in await porters.feed()]
    (parked,) = await worker.parked()
    assert set(handled) == set(everything) - {parked.position}
    # A plain function will do.
    again = await subscribed(porters, "mailer", lambda event, _: handled.append(event.position))
    assert ((await again.lag()).events, await again.run(), await again.parked()) == (0, 0, [parked])
    await again.retry(parked.position)
    assert (await again.parked(), handled[-1]) == ([], parked.position)
    with pytest.raises(InvalidValue, match="no event is parked at"):
        await again.skip(parked.position)


async def test_workers_take_turns(porters):
    await filled(porters)
    handled = []

    async def handler(event, _):
        handled.append(event.position)
        await asyncio.sleep(0.005)

    await subscribed(porters, "shared")
    workers = [await subscribed(porters, "shared", handler, batch=2) for _ in range(3)]
    assert sum(await asyncio.gather(*(worker.run() for worker in workers))) == 8
    assert handled == [event.position for event in await porters.feed()]


async def test_a_cancelled_worker_gives_its_turn_back(porters):
    await filled(porters)
    handled, working = [], asyncio.Event()

    async def slow(_event, _session):
        working.set()
        await asyncio.sleep(3600)

    task = asyncio.create_task((await subscribed(porters, "slow", slow)).run())
    await working.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    other = await subscribed(porters, "slow", lambda event, _: handled.append(event))
    async with asyncio.timeout(PATIENCE):
        assert await other.run() == 8
    assert handled == await porters.feed()


async def test_what_a_blocking_one_is_refused_is_refused(porters):
    await filled(porters)
    worker = await subscribed(porters, "mailer", print)
    await worker.run()
    with pytest.raises(OsirisError, match=r"'mialer' of Porter never ran. Those that did: 'mailer'"):
        await (await subscribed(porters, "mialer")).lag()
    with pytest.raises(InvalidValue, match=r"not a position of this store|the position of an event"):
        await AsyncSubscription(porters, "new", print, after="elsewhere").run()
    with pytest.raises(OsirisError, match="'new' of Porter never ran"):
        await AsyncSubscription(porters, "new").lag()
    with pytest.raises(OsirisError, match="without a handler"):
        await AsyncSubscription(porters, "mailer").run()
    for options in ({"name": ""}, {"handler": 7}, {"batch": 0}):
        with pytest.raises(InvalidValue, match="subscription"):
            AsyncSubscription(porters, **{"name": "mailer", "handler": print} | options)


# Waking up


class Follower:
    """A task that follows, which polls once in so many seconds."""

    def __init__(self, repository, poll):
        self.repository, self.poll = repository, poll
        self.handled, self.stop = asyncio.Queue(), asyncio.Event()

    async def __aenter__(self):
        worker = await subscribed(self.repository, "follower", lambda event, _: self.handled.put(event))
        await worker.run()
        self.task = asyncio.create_task(worker.follow(self.stop, poll=self.poll))
        return self

    async def __aexit__(self, *_):
        self.stop.set()
        async with asyncio.timeout(PATIENCE):
            await self.task

    async def handles(self, context, seq):
        async with asyncio.timeout(PATIENCE):
            event = await self.handled.get()
        return (event.context, event.seq) == (context, seq)


async def test_it_follows_until_it_is_stopped(porters):
    await porters.create()
    async with Follower(porters, 0.01) as follower:
        for seq in (1, 2):
            await porters.append("bob", overtime=1)
            assert await follower.handles("bob", seq)


LISTENING = text(
    "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN sqla_osiris' AND datname = current_database()"
)


async def listener(engine):
    for _ in range(50 * PATIENCE):
        async with engine.connect() as connection:
            found = (await connection.scalars(LISTENING)).all()
        if found:
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg_async"])
async def test_it_is_woken_on_postgresql_and_listens_again_after_a_lost_connection(
    postgresql_database, driver, caplog
):
    engine = create_async_engine(make_url(postgresql_database).set(drivername=f"postgresql+{driver}"))
    porters = AsyncSQLRepository(Porter, engine)
    await porters.create()
    async with Follower(porters, 3600) as follower:
        for seq in (1, 2):
            await listener(engine)
            await porters.append("bob", overtime=1)
            assert await follower.handles("bob", seq)
        assert "no word" not in caplog.text

        pid = await listener(engine)
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await porters.append("bob", overtime=1)
        assert await follower.handles("bob", 3)
        await listener(engine)
        await porters.append("bob", overtime=1)
        assert await follower.handles("bob", 4)
    await engine.dispose()
    assert caplog.text.count("no word of new events") == 1


@pytest.mark.skipif("mongodb" not in selection.STORES, reason="MongoDB was left out")
async def test_it_is_woken_on_mongodb(on_mongodb, caplog):
    await on_mongodb.create()
    async with Follower(on_mongodb, 3600) as follower:
        for seq in (1, 2, 3):
            await asyncio.sleep(0.2)
            await on_mongodb.append("bob", overtime=1)
            assert await follower.handles("bob", seq)
    assert "no word" not in caplog.text
