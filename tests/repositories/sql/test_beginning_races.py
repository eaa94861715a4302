"""Another writer begins a stream, or ends it, between a look at it and the event: no default is put over what was given."""

import pytest
from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import Aggregate, Context, EventSourced, InvalidValue, Latest, NewEvent, SQLRepository
from tests.repositories.races import once_it_has_read, somebody_else


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "raced_account"
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str] = Latest(String(20), default="nobody")
    kind: Mapped[str] = Latest(String(20), default="current")
    balance: Mapped[int] = Aggregate()


GIVEN = {"owner": "ann", "kind": "savings"}
HEADS = "raced_account_snapshot"


@pytest.fixture
def accounts(engine):
    repository = SQLRepository(Account, engine)
    repository.create()
    return repository


def append(accounts, context, **touches):
    accounts.append(context, **touches)


def append_many(accounts, context, **touches):
    accounts.append_many(
        [NewEvent("other", {}), NewEvent(context, touches), NewEvent(context, {"balance": 1})]
    )


BOTH = pytest.mark.parametrize("by", [append, append_many])


def fields(accounts, context):
    return [dict(event.fields) for event in accounts.history(context)]


@BOTH
def test_a_stream_that_is_begun_meanwhile_is_gone_on_with(accounts, engine, by):
    with somebody_else(engine) as other:
        theirs = SQLRepository(Account, other)
        read = once_it_has_read(engine, HEADS, lambda: theirs.append("a", **GIVEN))
        by(accounts, "a", balance=2)

    assert read
    first, second, *_ = [*fields(accounts, "a"), None]
    # SQLite keeps the others waiting.
    assert (
        (first, second) == (GIVEN, {"balance": 2})
        if "savings" in first.values()
        else first["owner"] == "nobody"
    )
    assert accounts.state("a").balance == (2 if by is append else 3)
    assert not accounts.verify().differences


def test_a_stream_that_is_ended_meanwhile_is_gone_on_with_or_begun_anew(accounts, engine):
    accounts.append("a", **GIVEN)
    with somebody_else(engine) as other:
        ending = [NewEvent("a", {}, ends=True)]
        read = once_it_has_read(engine, HEADS, lambda: SQLRepository(Account, other).append_many(ending))
        append_many(accounts, "a", balance=2)

    assert read
    begun = {"owner": "nobody", "kind": "current"}
    # MariaDB's first look locks nothing: the end may come before.
    assert fields(accounts, "a") in (
        [GIVEN, {"balance": 2}, {"balance": 1}],
        [GIVEN, {}, {"balance": 2, **begun}, {"balance": 1}],
    )
    assert fields(accounts, "other") == [begun]


@BOTH
def test_a_session_that_saw_no_stream_goes_on_with_one(accounts, engine, by):
    if engine.dialect.name == "sqlite":
        return
    with Session(engine) as session, somebody_else(engine) as other:
        assert session.scalars(select(Account)).all() == []
        SQLRepository(Account, other).append("a", **GIVEN)
        by(SQLRepository(Account, session), "a", balance=2)
        session.commit()

    assert fields(accounts, "a")[:2] == [GIVEN, {"balance": 2}]


@BOTH
def test_two_sessions_begin_two_streams_and_wait_for_none(accounts, engine, by):
    """On MariaDB an update that finds no head would lock the gap that both write into."""
    if engine.dialect.name == "sqlite":
        return
    with somebody_else(engine) as other, Session(engine) as mine, Session(other) as theirs:
        by(SQLRepository(Account, mine), "a", balance=2)
        SQLRepository(Account, theirs).append("b", balance=2)
        SQLRepository(Account, mine).append("c", balance=2)
        theirs.commit()
        mine.commit()

    assert [accounts.state(context).kind for context in "abc"] == ["current"] * 3


@BOTH
def test_a_session_that_is_refused_goes_on(accounts, engine, by):
    with Session(engine) as session:
        mine = SQLRepository(Account, session)
        by(mine, "a", balance=1)
        with pytest.raises(InvalidValue):
            by(mine, "b", balance="x")
        by(mine, "c", balance=1)
        session.commit()

    assert [state.id for state in accounts.states(["a", "b", "c"])] == ["a", "c"]
