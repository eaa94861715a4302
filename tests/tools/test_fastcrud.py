"""FastCRUD creates, finds, counts, sorts, updates and deletes wares; a DELETE of the table, not the class, says no event."""

import pytest
from pydantic import BaseModel
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from sqla_osiris import AsyncSQLRepository, NotExpressible
from tests.tools.shop import JAM, NOON, OAT, TEA, Size, Ware

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def wares():
    from fastcrud import FastCRUD

    return FastCRUD(Ware)


@pytest.fixture
async def session(async_shop):
    async with AsyncSession(async_shop) as session:
        yield session


async def test_a_ware_is_created(async_shop, session, wares):
    schema = type("Creating", (BaseModel,), {"__annotations__": {"id": str, **dict.fromkeys(OAT, object)}})
    await wares.create(session, schema(id="c", **OAT))

    assert [event.fields async for event in AsyncSQLRepository(Ware, async_shop).history("c")] == [OAT]


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"sort_columns": "price", "sort_orders": "desc"}, ["b", "a"]),
        ({"price__gt": 3}, ["b"]),
        ({"made__lte": NOON, "size": Size.SMALL}, ["a"]),
        ({"stock__in": [3, 4], "limit": 1, "sort_columns": "id"}, ["a"]),
    ],
)
async def test_wares_are_listed(session, wares, asked, expected):
    found = await wares.get_multi(session, **asked)

    assert [ware["id"] for ware in found["data"]] == expected


async def test_one_is_found_with_each_field(session, wares):
    assert await wares.get(session, id="a") == {"id": "a", **TEA, "seq": 1}
    assert (await wares.count(session, size=Size.LARGE), await wares.exists(session, **JAM)) == (1, True)


async def test_one_is_deleted_as_an_object(async_shop, session, wares):
    await wares.delete(session, db_row=await session.get(Ware, "a"))

    assert await AsyncSQLRepository(Ware, async_shop).state("a") is None


async def test_one_is_updated(async_shop, session, wares):
    await wares.update(session, {"stock": 1}, id="a")

    history = AsyncSQLRepository(Ware, async_shop).history("a")
    assert [event.fields async for event in history] == [TEA, {"stock": -2}]


async def test_a_statement_of_its_table_is_refused(session, wares):
    with pytest.raises(NotExpressible, match="folded from its events"):
        await wares.delete(session, id="a")


def test_its_schema_is_the_models(wares):
    assert wares.model_col_names == [column.key for column in inspect(Ware).columns]
