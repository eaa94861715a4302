"""A state is folded and has no row: SELECT … FOR UPDATE of one is refused wherever it would lock nothing."""

import pytest
from sqlalchemy import ForeignKey, String, exists, func, select, union_all
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship

from sqla_osiris import Aggregate, Context, EventSourced, Latest, NotExpressible, as_of, repository
from tests.statements import counted


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


class Account(EventSourced, Base):
    __tablename__ = "account"
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Team(id=1, name="A"))
        session.flush()
        session.add(Account(id="a", balance=1, team_id=1))
        session.commit()
        yield session


OTHER = aliased(Account)
RICH = select(Account).where(Account.balance > 0).subquery()
WITH_TEAM = select(Account, Team).join(Account.team)

REFUSED = {
    "entity": select(Account).with_for_update(),
    "column": select(Account.id).with_for_update(),
    "shared": select(Account).with_for_update(read=True),
    "nowait": select(Account).with_for_update(nowait=True),
    "skipping": select(Account).with_for_update(skip_locked=True),
    "join": select(Team).join(Account, Account.team_id == Team.id).with_for_update(),
    "of the model": WITH_TEAM.with_for_update(of=Account),
    "of its column": WITH_TEAM.with_for_update(of=Account.balance),
    "of both": WITH_TEAM.with_for_update(of=[Team, Account]),
    "alias": select(OTHER).with_for_update(),
    "of an alias": select(OTHER, Team).join(OTHER.team).with_for_update(of=OTHER),
    "outside of a subquery": select(RICH).with_for_update(),
    "entity of a subquery": select(aliased(Account, RICH)).with_for_update(),
    "inside of a subquery": select(func.count()).select_from(select(Account).with_for_update().subquery()),
    "nested subqueries": select(select(RICH).subquery()).with_for_update(),
    "common table expression": select(select(Account).cte()).with_for_update(),
    "eager load": select(Account).options(joinedload(Account.team)).limit(3).with_for_update(),
    "inside of a union": union_all(select(Account.id).with_for_update(), select(Account.id)),
    "the past": select(as_of(Account, 1)).with_for_update(),
}


@pytest.mark.any_database
@pytest.mark.parametrize("statement", REFUSED)
def test_a_lock_of_states_is_refused_before_anything_runs(engine, session, statement):
    with counted(engine) as sent, pytest.raises(NotExpressible, match=r"Account.*no row to lock"):
        session.execute(REFUSED[statement])

    assert sent == []


CALLS = {
    "get": lambda session: session.get(Account, "a", with_for_update=True),
    "get with options": lambda session: session.get(Account, "a", with_for_update={"nowait": True}),
    "refresh": lambda session: session.refresh(session.get(Account, "a"), with_for_update=True),
    "query": lambda session: session.query(Account).with_for_update().all(),
}


@pytest.mark.any_database
@pytest.mark.parametrize("call", CALLS)
def test_the_sessions_own_calls_refuse_it_alike(session, call):
    with pytest.raises(NotExpressible, match="no row to lock"):
        CALLS[call](session)

    assert session.get(Account, "a").balance == 1


ALLOWED = {
    "of another table": WITH_TEAM.with_for_update(of=Team),
    "a condition": select(Team).where(exists().where(Account.team_id == Team.id)).with_for_update(),
    "IN": select(Team).where(Team.id.in_(select(Account.team_id))).with_for_update(),
    "a column": select(
        Team, select(func.count()).select_from(Account).where(Account.team_id == Team.id).scalar_subquery()
    ).with_for_update(),
    "events": select(Account.Event).with_for_update(),
    "heads": select(Account.Snapshot).with_for_update(),
    "no lock": select(Account),
}


@pytest.mark.parametrize("statement", ALLOWED)
def test_what_has_rows_is_locked_as_ever(session, statement):
    assert len(session.execute(ALLOWED[statement]).all()) == 1


def test_appends_need_no_lock(engine, session):
    repository(Account, engine).append("a", balance=1)

    assert repository(Account, engine).state("a").balance == 2
