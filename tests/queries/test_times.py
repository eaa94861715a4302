"""``CreatedAt`` and ``UpdatedAt`` in queries and in sessions. Of every store: tests/stores/test_times.py."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased, make_transient

from sqla_osiris import NewEvent, NotExpressible, as_of, grouped_by, repository, time_travel
from sqla_osiris.testing import check_model
from tests.conftest import DATABASES
from tests.queries.accounts import WAYS, Base, Dated, Quarter, Team, waits_for
from tests.statements import counted

START = datetime(2026, 11, 1, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


@pytest.fixture
def dated_engine(engine_with):
    """a began at 1 and changed at 4, b began at 2 and changed at 3; both are in team 1."""
    engine = engine_with(Base.metadata)
    with Session(engine) as session, session.begin():
        session.add(Team(id=1, name="A"))
    hours = [("a", 1), ("b", 2), ("b", 3), ("a", 4)]
    repository(Dated, engine).append_many(
        [NewEvent(context, {"balance": 1, "team_id": 1}, recorded_at=at(hour)) for context, hour in hours]
    )
    return engine


@pytest.fixture
def session(dated_engine):
    with Session(dated_engine) as session:
        yield session


def test_queries_filter_order_and_compute_with_them(session):
    newest = select(Dated.id).order_by(Dated.updated_at.desc())

    assert session.scalars(newest).all() == ["a", "b"]
    assert session.scalars(newest.where(Dated.created_at >= at(2))).all() == ["b"]
    assert session.execute(select(func.min(Dated.created_at), func.max(Dated.updated_at))).one() == (
        at(1),
        at(4),
    )


def test_joins_and_aliases_have_them(session):
    other = aliased(Dated)
    pairs = select(Dated.id, other.id).join(other, other.created_at > Dated.created_at)
    of_team = select(Team.name, func.max(Dated.updated_at)).join(Dated).group_by(Team.name)

    assert session.execute(pairs).all() == [("a", "b")]
    assert session.execute(of_team).all() == [("A", at(4))]


def test_the_past_has_its_own(session):
    past = as_of(Dated, at(2))
    assert session.execute(select(past.id, past.updated_at).order_by(past.id)).all() == [
        ("a", at(1)),
        ("b", at(2)),
    ]

    with time_travel(session, at(3)):
        assert session.get_one(Dated, "b").updated_at == at(3)
        assert session.get_one(Dated, "a").updated_at == at(1)


@pytest.mark.parametrize("view", [Quarter, grouped_by(Dated, Dated.Event.team_id)])
def test_a_view_has_those_of_its_group(session, view):
    first, last = (view.began, view.changed) if view is Quarter else (view.created_at, view.updated_at)

    assert session.execute(select(view.team_id, first, last)).all() == [(1, at(1), at(4))]


def test_a_stale_head_changes_nothing(session):
    session.execute(update(Dated.__osiris__.heads).values(osiris_fingerprint=7))

    rows = session.execute(select(Dated.id, Dated.created_at, Dated.updated_at).order_by(Dated.id)).all()

    assert rows == [("a", at(1), at(4)), ("b", at(2), at(3))]


def test_an_object_knows_when_it_was_written(session):
    old = session.get_one(Dated, "a")
    new = [Dated(id=name) for name in "xyz"]
    session.add_all(new)
    old.balance += 1
    session.flush()

    for each in (old, *new):
        event = session.get_one(Dated.Event, (each.id, each.seq))
        assert each.updated_at == event.recorded_at > at(4)
    assert old.created_at == at(1)
    assert [each.created_at for each in new] == [each.updated_at for each in new]


def test_a_new_life_has_its_own(session):
    ended = session.get_one(Dated, "a")
    session.delete(ended)
    session.commit()
    make_transient(ended)
    session.add(ended)
    session.commit()

    assert ended.created_at == ended.updated_at > at(4)


def test_an_atomic_expression_that_overtook_others_knows_its_own(session, dated_engine):
    a = session.get_one(Dated, "a")
    repository(Dated, dated_engine).append("a", balance=5)
    a.balance = Dated.balance + 1
    session.flush()

    assert (a.seq, a.balance) == (4, 8)
    assert a.updated_at == session.get_one(Dated.Event, ("a", 4)).recorded_at


def test_nobody_sets_them(session):
    a = session.get_one(Dated, "a")
    a.updated_at = at(9)
    with pytest.raises(NotExpressible, match=r"Dated\.updated_at was assigned"):
        session.flush()
    session.rollback()

    session.add(Dated(id="new", created_at=at(9)))
    with pytest.raises(NotExpressible, match=r"Dated\.created_at was given to a new object"):
        session.flush()


def test_what_says_nothing_else_is_no_assignment(session):
    a = session.get_one(Dated, "a")
    a.updated_at, a.created_at = a.updated_at, None
    session.add(Dated(id="new", created_at=None))
    session.commit()

    assert (a.seq, a.created_at) == (2, at(1))


def test_a_merged_copy_brings_its_own_along(session, dated_engine):
    with Session(dated_engine) as other:
        copy = other.get_one(Dated, "a")
    copy.balance = 9
    merged = session.merge(copy)
    session.commit()

    assert (merged.balance, merged.created_at) == (9, at(1))


def test_they_cost_a_write_no_statement_and_no_column(session, dated_engine):
    a = session.get_one(Dated, "a")
    a.balance += 1
    with counted(dated_engine) as statements:
        session.flush()

    assert not any("created_at" in statement or "updated_at" in statement for statement in statements)
    for table in (Dated.Event.__table__, Dated.Snapshot.__table__):
        assert not {"created_at", "updated_at"} & set(table.c.keys())


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name != "sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["get", "select by a state", "join", "select columns"])
@pytest.mark.parametrize("stale", [False, True])
def test_who_waits_for_a_lock_sees_the_time_of_what_its_holder_wrote(session, dated_engine, way, stale):
    _ = waits_for(dated_engine, Dated, lambda: WAYS[way](session, Dated), stale=stale, balance=10)
    found = session.scalar(select(Dated).where(Dated.id == "a"))

    assert found.seq == 3
    assert found.updated_at == session.get_one(Dated.Event, ("a", 3)).recorded_at


def test_the_kit_checks_them(database_url):
    check_model(Dated, database_url, values={"team_id": st.none()})
