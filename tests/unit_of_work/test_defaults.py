"""What a flush gives a new object that was not given all: SQLAlchemy's defaults, as an ordinary table's are given."""

from datetime import date
from itertools import count
from typing import Any

import pytest
from sqlalchemy import JSON, Integer, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, InvalidValue, Latest, Max, NewEvent, repository

NUMBERS = count(1)


def named_after(context: Any) -> str:
    given = context.get_current_parameters()
    return f"{given['id']}-{given['rank']}-{given['note']}"


class Base(DeclarativeBase):
    pass


class Ordinary(Base):
    """The same without a log: what SQLAlchemy does is what is right."""

    __tablename__ = "ordinary"
    id: Mapped[str] = mapped_column(String(20), primary_key=True, default=lambda: f"k{next(NUMBERS)}")
    rank: Mapped[int] = mapped_column(default=3)
    note: Mapped[str | None] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(40), default=named_after)
    hired: Mapped[date | None] = mapped_column(default=lambda: date(2026, 1, 1))
    tags: Mapped[list[str] | None] = mapped_column(JSON, default=lambda: ["new"])
    best: Mapped[int | None] = mapped_column(default=5)


class Sourced(EventSourced, Base):
    __tablename__ = "sourced"
    id: Mapped[str] = Context(String(20), default=lambda: f"k{next(NUMBERS)}")
    rank: Mapped[int] = Latest(default=3)
    note: Mapped[str | None] = Latest(String(20))
    label: Mapped[str] = Latest(String(40), default=named_after)
    hired: Mapped[date | None] = Latest(default=lambda: date(2026, 1, 1))
    tags: Mapped[list[str] | None] = Latest(JSON, default=lambda: ["new"])
    best: Mapped[int | None] = Aggregate(reducer=Max(), default=5)


class Person(EventSourced, MappedAsDataclass, Base, kw_only=True):
    __tablename__ = "person"
    id: Mapped[str] = Context(String(20))
    name: Mapped[str] = Latest(String(20))
    rank: Mapped[int] = Latest(Integer, default=1)
    tags: Mapped[list[str]] = Latest(JSON, default_factory=list)


FIELDS = ("rank", "note", "label", "hired", "tags", "best")


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"rank": 7, "note": "n", "best": 9}, id="some"),
        pytest.param({"rank": None, "hired": None, "label": None, "best": None}, id="None"),
        pytest.param({"tags": None}, id="None of JSON"),
        pytest.param({"tags": [], "rank": 0}, id="what is false"),
    ],
)
def test_they_are_given_as_an_ordinary_table_gives_them(session, given):
    session.add_all(both := [Ordinary(id="a", **given), Sourced(id="a", **given)])
    session.flush()
    flushed = [{name: getattr(each, name) for name in FIELDS} for each in both]
    session.expire_all()
    stored = [{name: getattr(each, name) for name in FIELDS} for each in both]

    assert flushed[0] == flushed[1] == stored[0] == stored[1]


def test_a_context_is_given_its_own_before(session):
    session.add_all(both := [Ordinary(), Sourced()])
    session.flush()

    assert [each.label for each in both] == [f"{each.id}-3-None" for each in both]


def test_an_object_without_what_is_never_none_is_refused_by_its_name(session):
    session.add(Person(id="a", name="bob"))
    session.commit()
    session.add(Person(id="b", name=None))  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=r"Person\.name: None refused: declared not to be None"):
        session.flush()
    session.rollback()

    assert session.scalars(select(Person.id)).all() == ["a"]


def test_an_object_whose_field_becomes_none_is_refused(session):
    session.add(bob := Person(id="a", name="bob"))
    session.commit()
    bob.name = None  # type: ignore[assignment]
    with pytest.raises(InvalidValue, match=r"Person\.name: None refused"):
        session.commit()


def test_an_object_that_ends_and_begins_anew_is_given_them_again(session):
    session.add(first := Sourced(id="a", rank=9))
    session.commit()
    session.delete(first)
    session.add(again := Sourced(id="a"))
    session.commit()

    assert (again.rank, again.label, again.seq) == (3, "a-3-None", 3)


def test_appends_of_a_session_give_them_and_it_goes_on(session):
    mine = repository(Sourced, session)
    mine.append("a", note="x")
    mine.append("a", note="y")
    mine.append_many([NewEvent("b", {"note": "z"}), NewEvent("a", {"rank": 4}), NewEvent("b", {})])
    with pytest.raises(InvalidValue):
        mine.append_many([NewEvent("c", {"rank": None})])
    session.commit()

    found = session.execute(
        select(Sourced.id, Sourced.rank, Sourced.label, Sourced.seq).order_by(Sourced.id)
    ).all()
    assert found == [("a", 4, "a-3-x", 3), ("b", 3, "b-3-z", 2)]


class Asking(EventSourced, Base):
    __tablename__ = "asking"
    id: Mapped[str] = Context(String(20))
    at: Mapped[int] = Latest(default=lambda context: context.connection.scalar(select(1)))


def test_a_function_that_asks_for_more_than_an_event_has_is_told(session):
    session.add(Asking(id="a"))
    with pytest.raises(AttributeError, match=r"default=: .* no 'connection'.* get_current_parameters"):
        session.flush()


class Numbered(EventSourced, Base):
    __tablename__ = "numbered"
    id: Mapped[int] = Context(Integer, primary_key=True)
    name: Mapped[str] = Latest(String(20))
    rank: Mapped[int] = Latest(default=3)
    label: Mapped[str] = Latest(
        String(40), default=lambda context: str(sorted(context.get_current_parameters()))
    )


def test_a_stream_whose_key_the_database_gives_is_given_them(session):
    numbered = repository(Numbered, session)
    first = numbered.append(None, name="a")
    numbered.append_many([NewEvent(None, {"name": "b"}), NewEvent(None, {"name": "c", "rank": 1})])
    with pytest.raises(InvalidValue, match="without name"):
        numbered.append(None, rank=1)
    session.add(Numbered(name="d"))
    session.commit()

    assert (first.fields["rank"], first.fields["label"]) == (3, "['name', 'rank']")
    found = session.execute(select(Numbered.name, Numbered.rank, Numbered.seq).order_by(Numbered.name)).all()
    assert found == [("a", 3, 1), ("b", 3, 1), ("c", 1, 1), ("d", 3, 1)]
