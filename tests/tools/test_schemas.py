"""Schemas from models: marshmallow-sqlalchemy, polyfactory, strawberry-sqlalchemy-mapper and pydantic."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tools.shop import NOON, OAT, TEA, Shelf, Size, Ware, events

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PLAIN = {"title": "oat", "price": "1.10", "made": NOON.isoformat(), "size": "SMALL", "stock": 4}


@pytest.fixture
def session(shop):
    with Session(shop) as session:
        yield session


class TestMarshmallow:
    @pytest.fixture
    def schema(self, session):
        from marshmallow_sqlalchemy import SQLAlchemyAutoSchema

        class WareSchema(SQLAlchemyAutoSchema):
            class Meta:
                model = Ware
                load_instance = True
                sqla_session = session

        return WareSchema()

    def test_it_dumps_a_ware(self, schema, session):
        assert schema.dump(session.get(Ware, "a")) == {
            "id": "a", **PLAIN, "title": "tea", "price": Decimal("2.50"), "stock": 3, "seq": 1
        }  # fmt: skip

    def test_it_loads_a_new_ware(self, schema, session, shop):
        session.add(schema.load({"id": "c", **PLAIN}))
        session.commit()

        assert events(shop, "c") == [OAT]

    def test_it_changes_one_by_what_it_dumped(self, schema, session, shop):
        assert schema.load(schema.dump(session.get(Ware, "a")) | {"stock": 1}) is session.get(Ware, "a")
        session.commit()

        assert events(shop, "a") == [TEA, {"stock": -2}]

    def test_it_asks_for_what_the_database_does_not_give(self):
        from marshmallow_sqlalchemy import SQLAlchemyAutoSchema

        class ShelfSchema(SQLAlchemyAutoSchema):
            class Meta:
                model = Shelf

        required = {name: field.required for name, field in ShelfSchema().fields.items()}
        assert required == {"id": False, "name": True, "seq": False}

    def test_it_says_what_is_wrong(self, schema):
        assert schema.validate({"title": "x" * 21}) == {
            "title": ["Longer than maximum length 20."],
            **{key: ["Missing data for required field."] for key in ("id", "price", "stock")},
        }


def test_polyfactory_makes_wares(session, shop):
    from polyfactory import Ignore, Use
    from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory

    class WareFactory(SQLAlchemyFactory[Ware]):
        __random_seed__ = 1
        id = Use(next, map(str, count()))  # drawn texts may be equal
        made = Use(datetime.now, UTC)

    class Batch(WareFactory):
        seq = Ignore()  # a batch gives generated columns a value

    WareFactory.__session__ = Batch.__session__ = session
    made = [WareFactory.create_sync(size=Size.LARGE), *Batch.create_batch_sync(3)]

    assert {ware.seq for ware in made} == {1}
    for ware in made:
        (event,) = events(shop, ware.id)
        assert {**event, "stock": ware.stock} == {name: getattr(ware, name) for name in event}


def test_strawberry_answers_a_query(session):
    import strawberry
    from strawberry.schema.config import StrawberryConfig
    from strawberry_sqlalchemy_mapper import StrawberrySQLAlchemyMapper, strawberry_sqlalchemy_scalar_map

    mapper = StrawberrySQLAlchemyMapper()
    mapped = mapper.type(Ware)(type("WareType", (), {}))
    mapper.finalize()

    def wares() -> list[mapped]:
        return session.scalars(select(Ware).order_by(Ware.price.desc())).all()

    query = strawberry.type(type("Query", (), {"wares": strawberry.field(resolver=wares)}))
    schema = strawberry.Schema(
        query=query, config=StrawberryConfig(scalar_map=strawberry_sqlalchemy_scalar_map)
    )

    answer = schema.execute_sync("{ wares { id title price made size stock seq } }")
    assert answer.errors is None
    assert answer.data["wares"][1] == {
        "id": "a",
        **PLAIN,
        "title": "tea",
        "price": "2.50",
        "stock": 3,
        "seq": 1,
    }


def test_pydantic_reads_a_ware(session):
    class WareModel(BaseModel):
        model_config = ConfigDict(from_attributes=True)
        id: str
        title: str
        price: Decimal
        made: datetime | None
        size: Size | None
        stock: int

    assert WareModel.model_validate(session.get(Ware, "a")).model_dump() == {"id": "a", **TEA}
