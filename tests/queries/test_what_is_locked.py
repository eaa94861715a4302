"""Which SELECT … FOR UPDATE locks nothing of a model, and is refused, or as ever."""

import pytest
from sqlalchemy import Integer, exists, func, select, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    Session,
    aliased,
    joinedload,
)

from sqla_osiris import (
    Aggregate,
    EventView,
    NotExpressible,
    as_of,
    repository,
)
from tests.conftest import DATABASES
from tests.queries.accounts import MODELS, Account, Plain, Team, of
from tests.statements import counted


@pytest.fixture
def session(locks_engine):
    with Session(locks_engine) as session:
        yield session


RICH = select(Account).where(Account.balance > 0).subquery()
WITH_TEAM = select(Account, Team).join(Account.team)

REFUSED = {
    "outside of a subquery": select(RICH).with_for_update(),
    "entity of a subquery": select(aliased(Account, RICH)).with_for_update(),
    "inside of a subquery": select(func.count()).select_from(select(Account).with_for_update().subquery()),
    "nested subqueries": select(select(RICH).subquery()).with_for_update(),
    "common table expression": select(select(Account).cte()).with_for_update(),
    "inside of a union": union_all(select(Account.id).with_for_update(), select(Account.id)),
    "the past": select(as_of(Account, 1)).with_for_update(),
}


@pytest.mark.any_database
@pytest.mark.parametrize("statement", REFUSED)
def test_a_lock_within_a_subquery_or_of_the_past_is_refused_before_anything_runs(engine, session, statement):
    with counted(engine) as sent, pytest.raises(NotExpressible, match=r"Account.*lock"):
        session.execute(REFUSED[statement])

    assert sent == []


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_postgresql_refuses_what_it_cannot_lock_and_says_what_it_can(locks_engine, session):
    outer = select(Team, Account).outerjoin(Account, Account.team_id == Team.id)
    with pytest.raises(NotExpressible, match="outer join"):
        session.execute(outer.with_for_update())
    assert session.execute(outer.with_for_update(of=Team)).all()
    with pytest.raises(NotExpressible, match="all rows"):
        session.scalars(of(Account).with_for_update(), execution_options={"stream_results": True})


class TeamTotal(EventView, of=Account, by="team_id"):
    balance = Aggregate(Integer)


def test_a_view_has_no_row_to_lock(session):
    beside = select(Account, TeamTotal).join(TeamTotal, TeamTotal.team_id == Account.team_id)
    for statement in (select(TeamTotal).with_for_update(), beside.with_for_update()):
        with pytest.raises(NotExpressible, match="TeamTotal is a view"):
            session.execute(statement)
    with pytest.raises(NotExpressible, match="TeamTotal is a view"):
        session.get(TeamTotal, 1, with_for_update=True)
    assert session.execute(beside.with_for_update(of=Account)).all()


def test_a_statement_of_core_locks_nothing(locks_engine, session):
    statement = select(Account.__table__).with_for_update()
    with locks_engine.connect() as connection, pytest.raises(NotExpressible, match="session"):
        connection.execute(statement)
    with pytest.raises(NotExpressible, match="session"):
        session.execute(statement)


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
@pytest.mark.parametrize("model", [Plain, *MODELS])
def test_postgresql_locks_no_row_of_an_aggregate(session, model):
    with pytest.raises(DBAPIError, match="FOR UPDATE is not allowed with aggregate"):
        session.execute(of(model, func.max(model.balance)).with_for_update())


ALLOWED = {
    "of another table": WITH_TEAM.with_for_update(of=Team),
    "a condition": select(Team).where(exists().where(Account.team_id == Team.id)).with_for_update(),
    "IN": select(Team).where(Team.id.in_(select(Account.team_id))).with_for_update(),
    "a column": select(
        Team, select(func.count()).select_from(Account).where(Account.team_id == Team.id).scalar_subquery()
    ).with_for_update(),
    "events": select(Account.Event).where(Account.Event.id == "a").with_for_update(),
    "heads": select(Account.Snapshot).where(Account.Snapshot.id == "a").with_for_update(),
    "eager load": select(Account)
    .where(Account.id == "a")
    .options(joinedload(Account.team, innerjoin=True))
    .limit(3)
    .with_for_update(),
    "no lock": of(Account),
}


@pytest.mark.parametrize("statement", ALLOWED)
def test_what_has_rows_is_locked_as_ever(session, statement):
    assert session.execute(ALLOWED[statement]).unique().all()


def test_appends_need_no_lock(locks_engine, session):
    repository(Account, locks_engine).append("a", balance=1)

    assert repository(Account, locks_engine).state("a").balance == 2


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "sqlite"], indirect=True)
def test_sqlite_locks_no_row_as_in_any_query(locks_engine):
    with counted(locks_engine) as sent, Session(locks_engine) as session:
        session.get_one(Account, "a", with_for_update=True)
        session.rollback()
        session.get_one(Account, "a")

    assert sent[0] == sent[1]
