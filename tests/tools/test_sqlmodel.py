"""SQLModel: ``class Hero(EventSourced, HeroBase, table=True)``, in the form of its manual, with FastAPI."""

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import Integer

from sqla_osiris import Aggregate, DeclarationError, EventSourced, as_of, repository
from tests.tools.shop import NOON, Size

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NEW = {"name": "Deadpond", "fee": "2.50", "seen": "2026-01-02T12:00:00Z", "size": "SMALL", "fights": 3}
FIELDS = {"name": "Deadpond", "fee": Decimal("2.50"), "seen": NOON, "size": Size.SMALL, "fights": 3}


@pytest.fixture(scope="module")
def heroes():
    from sqlmodel import Field, Relationship, SQLModel

    class Team(EventSourced, SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        city: str = Field(max_length=20)
        heroes: list["Hero"] = Relationship(back_populates="team")

    class HeroBase(SQLModel):
        name: str = Field(max_length=20, index=True)
        fee: Decimal = Field(max_digits=10, decimal_places=2)
        seen: datetime | None = None
        size: Size | None = None
        team_id: int | None = Field(default=None, foreign_key="team.id")

    class Hero(EventSourced, HeroBase, table=True):
        id: int | None = Field(default=None, primary_key=True)
        fights: int = Field(default=0, sa_column=Aggregate(Integer).column)
        team: Team | None = Relationship(back_populates="heroes")

    class HeroCreate(HeroBase):
        fights: int = 0

    class HeroPublic(HeroCreate):
        id: int

    class HeroUpdate(SQLModel):
        name: str | None = None
        fights: int | None = None

    return SimpleNamespace(
        Team=Team, Hero=Hero, HeroCreate=HeroCreate, HeroPublic=HeroPublic, HeroUpdate=HeroUpdate
    )


@pytest.fixture
def session(engine, heroes):
    from sqlmodel import Session

    heroes.Hero.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.fixture
def client(session, heroes):
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from sqlmodel import select

    app = FastAPI()

    @app.post("/heroes/", response_model=heroes.HeroPublic)
    def create(hero: heroes.HeroCreate):
        session.add(created := heroes.Hero.model_validate(hero))
        session.commit()
        session.refresh(created)
        return created

    @app.get("/heroes/", response_model=list[heroes.HeroPublic])
    def read(above: Decimal = Decimal(0)):
        return session.exec(
            select(heroes.Hero).where(heroes.Hero.fee > above).order_by(heroes.Hero.fee)
        ).all()

    @app.patch("/heroes/{key}", response_model=heroes.HeroPublic)
    def update(key: int, hero: heroes.HeroUpdate):
        found = session.get(heroes.Hero, key)
        found.sqlmodel_update(hero.model_dump(exclude_unset=True))
        session.commit()
        return found

    @app.delete("/heroes/{key}")
    def delete(key: int):
        session.delete(session.get(heroes.Hero, key))
        session.commit()

    with TestClient(app) as client:
        yield client


def test_an_app_of_its_manual_writes_a_log(client, engine, heroes):
    created = client.post("/heroes/", json=NEW).json()
    client.post("/heroes/", json=NEW | {"fee": "1.10"})
    changed = client.patch(f"/heroes/{created['id']}", json={"fights": 1}).json()
    listed = [hero["fee"] for hero in client.get("/heroes/?above=2").json()]
    client.delete(f"/heroes/{created['id']}")

    assert (created, changed) == ({**NEW, "team_id": None, "id": created["id"]}, created | {"fights": 1})
    assert listed == ["2.50"]
    history = list(repository(heroes.Hero, engine).history(created["id"]))
    assert [event.fields for event in history] == [{**FIELDS, "team_id": None}, {"fights": -2}, {}]


def test_relationships_and_the_past(session, heroes):
    from sqlmodel import select

    team = heroes.Team(city="Zurich")
    session.add(hero := heroes.Hero(**FIELDS, team=team))
    session.commit()
    hero.name = "Spider-Boy"
    session.commit()

    (found,) = session.exec(select(heroes.Team)).one().heroes
    past = as_of(heroes.Hero, 1)
    assert (found.name, session.exec(select(past)).one().model_dump()["name"]) == ("Spider-Boy", "Deadpond")


def test_a_reducer_that_is_no_column_is_refused():
    """``Aggregate(...).column`` is one."""
    from sqlmodel import Field, SQLModel

    with pytest.raises(DeclarationError, match="fights"):

        class Loser(EventSourced, SQLModel, table=True):
            id: str = Field(primary_key=True, max_length=9)
            fights: int = Field(default=0, sa_column=Aggregate(Integer))
