"""Litestar's DTO of advanced-alchemy, and advanced-alchemy's repository, with wares."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sqla_osiris import NotExpressible
from sqla_osiris import repository as log_of
from tests.tools.shop import JAM, OAT, TEA, Ware, events

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PLAIN = {
    "id": "c",
    "title": "oat",
    "price": "1.10",
    "made": "2026-01-02T12:00:00Z",
    "size": "SMALL",
    "stock": 4,
}


@pytest.fixture
def client(shop):
    from advanced_alchemy.extensions.litestar import (
        SQLAlchemyDTO,
        SQLAlchemyDTOConfig,
        SQLAlchemyPlugin,
        SQLAlchemySyncConfig,
    )
    from litestar import Litestar, delete, get, patch, post
    from litestar.dto import DTOData
    from litestar.testing import TestClient

    class Whole(SQLAlchemyDTO[Ware]):
        pass

    class Part(SQLAlchemyDTO[Ware]):
        config = SQLAlchemyDTOConfig(partial=True, exclude={"id"})

    @get("/", return_dto=Whole, sync_to_thread=False)
    def listed(db_session: Session, order: str) -> list[Ware]:
        return db_session.scalars(select(Ware).order_by(getattr(Ware, order))).all()

    @post("/", dto=Whole, sync_to_thread=False)
    def created(data: Ware, db_session: Session) -> Ware:
        db_session.add(data)
        db_session.commit()
        return data

    @patch("/{key:str}", dto=Part, return_dto=Whole, sync_to_thread=False)
    def changed(key: str, data: DTOData[Ware], db_session: Session) -> Ware:
        data.update_instance(ware := db_session.get_one(Ware, key))
        db_session.commit()
        return ware

    @delete("/{key:str}", sync_to_thread=False)
    def deleted(key: str, db_session: Session) -> None:
        db_session.delete(db_session.get_one(Ware, key))
        db_session.commit()

    plugin = SQLAlchemyPlugin(SQLAlchemySyncConfig(engine_instance=shop))
    with TestClient(Litestar([listed, created, changed, deleted], plugins=[plugin])) as client:
        yield client


def test_its_dto_lists_wares(client):
    assert [ware["price"] for ware in client.get("/?order=price").json()] == ["2.50", "4.25"]


def test_its_dto_creates_a_ware_without_a_seq(client, shop):
    assert client.post("/", json=PLAIN).json() == {**PLAIN, "seq": 1}
    assert events(shop, "c") == [OAT]


def test_its_dto_changes_a_part(client, shop):
    assert client.patch("/a", json={"stock": 1, "size": "SMALL"}).json()["seq"] == 2
    assert events(shop, "a") == [TEA, {"stock": -2}]


def test_a_ware_is_deleted(client, shop):
    client.delete("/a")

    assert events(shop, "a") == [TEA, {}]


class TestRepository:
    @pytest.fixture
    def wares(self, shop):
        from advanced_alchemy.repository import SQLAlchemySyncRepository

        class Wares(SQLAlchemySyncRepository[Ware]):
            model_type = Ware

        with Session(shop) as session:
            yield Wares(session=session, auto_commit=True)

    def test_it_lists_and_counts(self, wares):
        from advanced_alchemy.filters import ComparisonFilter, LimitOffset, OrderBy

        found = wares.list(OrderBy("price", "desc"), LimitOffset(5, 0))
        dear, count = wares.list_and_count(ComparisonFilter("price", "gt", 3))
        assert ([ware.id for ware in found], [ware.id for ware in dear], count) == (["b", "a"], ["b"], 1)

    def test_it_adds_changes_and_deletes_objects(self, wares, shop):
        wares.add(Ware(id="c", **OAT))
        wares.update(Ware(id="c", **OAT | {"stock": 1}))
        wares.upsert(Ware(id="c", **OAT))
        wares.add_many([Ware(id="d", **JAM)])
        wares.delete("c")

        assert events(shop, "c") == [OAT, {"stock": -3}, {"stock": 3}, {}]
        assert log_of(Ware, shop).state("d").seq == 1

    def test_it_deletes_many(self, wares, shop):
        wares.delete_many(["a"])
        wares.delete_where(Ware.id == "b")

        assert events(shop, "a") == [TEA, {}]
        assert wares.list() == []

    def test_a_list_of_parameters_is_refused(self, wares):
        with pytest.raises(NotExpressible, match="folded from its events"):
            wares.update_many([Ware(id="a", **JAM)])
