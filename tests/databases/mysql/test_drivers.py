"""What MySQL's asynchronous drivers write; PyMySQL writes what the other tests do."""

from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import JSON, LargeBinary, Numeric, String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, ConcurrentAppend, Context, EventSourced, Latest


class Base(DeclarativeBase):
    pass


class Letter(EventSourced, Base):
    __tablename__ = "letter"
    id = Context(String(40))
    text = Latest(String(80))
    postage = Aggregate(Numeric(9, 2))
    papers = Latest(JSON)
    scan = Latest(LargeBinary)


@pytest_asyncio.fixture
async def letters(async_engine):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return async_engine


async def written(engine: Any, **fields: Any) -> Any:
    async with AsyncSession(engine) as session:
        session.add(Letter(id="a'%s\\", **fields))
        await session.commit()
    async with AsyncSession(engine) as session:
        return await session.get(Letter, "a'%s\\")


@pytest.mark.asyncio
async def test_values_come_back_as_they_were(letters):
    text, papers = "日本 \U0001f600 ' \" \\ %s %% \n", {"z": [1.10, 12345678901234567890123], "a": None}
    found = await written(letters, text=text, postage=Decimal("1.10"), papers=papers)

    assert (found.text, found.postage, found.papers) == (text, Decimal("1.10"), papers)


@pytest.mark.asyncio
async def test_a_stale_object_among_many_is_named(letters):
    """The driver sends their heads as one statement, which leaves all of them as they were."""
    async with AsyncSession(letters) as session, AsyncSession(letters) as other:
        many = [Letter(id=f"l{number}", postage=1) for number in range(6)]
        session.add_all(many)
        await session.commit()
        (await other.get(Letter, "l3")).text = "overtaken"
        for each in many:
            await session.refresh(each)
        await other.commit()
        for each in many:
            each.text = "late"
        with pytest.raises(ConcurrentAppend, match="'l3' was expected at seq 1 and found at seq 2"):
            await session.commit()


@pytest.mark.asyncio
async def test_bytes_come_back_or_the_driver_refuses_them(letters):
    scan = bytes(range(256))
    if letters.driver == "asyncmy":
        assert (await written(letters, scan=scan)).scan == scan
        return
    # aiomysql is what remains: see its finding, aiomysql_cannot_write_bytes
    with pytest.raises(TypeError, match="'str' object is not callable"):
        await written(letters, scan=scan)
    async with AsyncSession(letters) as session:
        assert await session.get(Letter, "a'%s\\") is None
