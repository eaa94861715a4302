"""What a log goes through, on a file of the database that the library does not know. The file's URL is the argument."""

import sys

import pytest
from sqlalchemy import JSON, Integer, Numeric, String, create_engine, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Append,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    EventView,
    Every,
    Latest,
    NewEvent,
    as_of,
    repository,
)
from sqla_osiris.databases.registry import database_of


class Base(DeclarativeBase):
    pass


class Wine(EventSourced, Base):
    __archive__ = True
    __append_only__ = True
    id = Context(String(20))
    shelf = Latest(Integer)
    bottles = Aggregate(Integer)
    price = Aggregate(Numeric(8, 2))


class Guest(EventSourced, Base):
    name = Context(String(20))
    tasted = Aggregate(JSON, reducer=Append())


class Shelf(EventView, of=Wine, by="shelf"):
    __snapshot__ = Every(1)
    bottles = Aggregate(Integer)


engine = create_engine(sys.argv[1])
assert repr(database_of(engine.dialect)) == "<cellar>"
wines, guests = repository(Wine, engine), repository(Guest, engine)
wines.create()
guests.create()
Base.metadata.create_all(engine)

wines.append("port", shelf=1, bottles=6, price=1)
wines.append_many(NewEvent(f"wine{i}", {"shelf": i % 2, "bottles": i}) for i in range(600))
wines.append_many([NewEvent("port", {"bottles": -1})])
with Session(engine) as session:
    port = session.get_one(Wine, "port")
    port.bottles -= 2
    session.add(Wine(id="madeira", shelf=2, bottles=3))
    session.commit()
    assert session.scalar(select(Wine.bottles).where(Wine.id == "port")) == 3
    past = as_of(Wine, 1)
    assert session.scalar(select(past.bottles).where(past.id == "port")) == 6

with pytest.raises(ConcurrentAppend):
    wines.append("port", expected_seq=1, bottles=1)

guests.append("ann", tasted=[{"wine": "port"}])
guests.append("ann", tasted=[{"wine": "madeira"}])
assert guests.state("ann").tasted == [{"wine": "port"}, {"wine": "madeira"}]

assert [event.seq for event in wines.history("port")] == [1, 2, 3]
assert len(wines.feed(limit=1000)) == 604
wines.snapshots()
with Session(engine) as session:
    assert session.get_one(Shelf, 2).bottles == 3

with engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
    connection.exec_driver_sql("DELETE FROM wine_event")

assert wines.archive(keep=1) > 0
assert wines.state("port").bottles == 3
assert wines.erase("port") == 3
with pytest.raises(ContextErased):
    wines.append("port", bottles=1)
assert wines.verify().differences == ()
