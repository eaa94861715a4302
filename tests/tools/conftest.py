"""A shop with two wares, for blocking tools and for awaiting ones. A tool is imported by its own file's fixtures alone."""

import pytest
import pytest_asyncio

from sqla_osiris import AsyncSQLRepository, repository
from tests.tools.shop import JAM, TEA, Base, Ware


@pytest.fixture
def shop(engine):
    """An engine on a database that has two wares."""
    Base.metadata.create_all(engine)
    wares = repository(Ware, engine)
    wares.append("a", **TEA)
    wares.append("b", **JAM)
    return engine


@pytest_asyncio.fixture
async def async_shop(async_engine):
    """The same for a tool that awaits."""
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    wares = AsyncSQLRepository(Ware, async_engine)
    await wares.append("a", **TEA)
    await wares.append("b", **JAM)
    return async_engine
