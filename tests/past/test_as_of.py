"""as_of: a model as it was, in any query, beside the present one."""

from datetime import datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload, subqueryload

from sqla_osiris import (
    FoldUnavailable,
    InvalidValue,
    MemoryRepository,
    NewEvent,
    NotExpressible,
    SQLRepository,
    as_of,
)
from tests.past.hr import MODELS, Base, Department, Employee, InlineOne, InlinePython, Team, day
from tests.repositories import models as archived
from tests.repositories.models import values
from tests.repositories.test_laws import CONTEXTS, calls_of
from tests.statements import counted


def seen(session, when, *columns):
    """These columns of all employees as of then, in the order of id."""
    past = as_of(Employee, when)
    return [
        tuple(row) for row in session.execute(select(*(getattr(past, c) for c in columns)).order_by(past.id))
    ]


def test_a_query_sees_each_stream_as_it_was(session):
    assert seen(session, day(1), "id", "company", "overtime", "seq") == [
        ("bob", "Hooly", 1, 1),
        ("jane", "Hooly", 1, 1),
    ]
    assert seen(session, day(2), "id", "company", "overtime", "seq") == [
        ("bob", "Acme", 11, 2),
        ("jane", "Hooly", 1, 1),
    ]
    assert seen(session, day(3), "id", "company", "overtime", "seq") == [("bob", "Acme", 11, 2)]


def test_before_the_first_event_there_is_nothing_and_after_the_last_the_present(session):
    assert seen(session, day(0), "id") == []
    assert seen(session, day(10_000), "id", "overtime") == [("bob", 11)]


def test_a_seq_is_asked_of_each_context(session):
    assert seen(session, 1, "id", "overtime") == [("bob", 1), ("jane", 1)]
    assert seen(session, 2, "id", "overtime") == [("bob", 11)]
    assert seen(session, 2**70, "id", "overtime") == [("bob", 11)]
    assert seen(session, 0, "id") == seen(session, -5, "id") == []


def test_a_moment_is_the_same_in_every_time_zone(session):
    elsewhere = day(2).astimezone(timezone(timedelta(hours=-9)))

    assert seen(session, elsewhere, "overtime") == seen(session, day(2), "overtime")


def test_it_filters_orders_and_aggregates_on_the_values_of_then(session):
    past = as_of(Employee, day(1))

    assert session.scalar(select(func.sum(past.overtime)).where(past.company == "Hooly")) == 2
    assert session.scalars(select(past.id).order_by(past.id.desc()).limit(1)).all() == ["jane"]
    assert session.scalar(select(func.count()).select_from(past).where(past.company == "Acme")) == 0


def test_it_joins_with_the_present_with_another_past_and_with_ordinary_tables(session):
    past, team = as_of(Employee, day(1)), as_of(Team, day(1))
    query = (
        select(past.id, past.overtime, team.title, Team.title, Employee.overtime, Department.name)
        .join(past.team.of_type(team))
        .join(Team, Team.id == past.team_id)
        .join(past.department)
        .outerjoin(Employee, Employee.id == past.id)
        .order_by(past.id)
    )

    assert [tuple(row) for row in session.execute(query)] == [
        ("bob", 1, "old", "new", 11, "sales"),
        ("jane", 1, "old", "new", None, "sales"),
    ]


def test_past_and_present_objects_of_one_statement_stay_apart(session):
    now = session.get(Employee, "bob")
    first, second = as_of(Employee, day(1)), as_of(Employee, day(2))
    query = select(first, Employee, second).where(first.id == "bob")
    query = query.join(Employee, Employee.id == first.id).join(second, second.id == first.id)

    then, still_now, later = session.execute(query).one()

    assert (then.overtime, later.overtime) == (1, 11)
    assert still_now is now
    assert len({id(then), id(now), id(later)}) == 3
    assert session.get(Employee, "bob") is now


def test_the_same_moment_gives_the_same_object(session):
    past, again = as_of(Employee, day(1)), as_of(Employee, day(1).astimezone(timezone.max))

    then = session.scalars(select(past).where(past.id == "bob")).one()

    assert session.scalars(select(again).where(again.id == "bob")).one() is then


def test_another_moment_in_a_cached_statement_gives_another_object(session):
    overtimes, objects = [], []
    for number in (1, 2, 1):
        past = as_of(Employee, day(number))
        then = session.scalars(select(past).where(past.id == "bob")).one()
        overtimes.append(then.overtime)
        objects.append(then)

    assert overtimes == [1, 11, 1]
    assert objects[0] is objects[2] is not objects[1]


def test_one_text_serves_all_moments(session):
    texts = set()
    for number in (1, 2, 3):
        past = as_of(Employee, day(number))
        with counted(session.get_bind()) as statements:
            session.scalars(select(past).where(past.company == "Hooly")).all()
        texts.update(statements)

    assert len(texts) == 1


def test_expiry_and_refresh_load_that_moment_again(session):
    past = as_of(Employee, day(1))
    then = session.scalars(select(past).where(past.id == "bob")).one()

    session.commit()
    assert (then.overtime, then.seq) == (1, 1)
    session.refresh(then)
    assert (then.overtime, then.seq) == (1, 1)
    session.expire(then, ["company"])
    assert then.company == "Hooly"


def test_what_a_past_object_loads_is_of_its_moment(session):
    now = session.get(Team, "red")
    past = as_of(Employee, day(1))
    then = session.scalars(select(past).where(past.id == "bob")).one()

    assert (then.team.title, now.title) == ("old", "new")
    assert [(member.id, member.overtime) for member in then.team.members] == [("bob", 1), ("jane", 1)]
    assert then.team.members[0] is then
    assert [member.overtime for member in now.members] == [11]


@pytest.mark.parametrize("load", [selectinload, joinedload, subqueryload])
def test_eager_loads_are_of_the_moment_also_from_a_cached_statement(session, load):
    titles = []
    for number in (1, 2, 1):
        past = as_of(Employee, day(number))
        query = select(past).where(past.id == "bob").options(load(past.team).options(load(Team.members)))
        then = session.scalars(query).unique().one()
        with counted(session.get_bind()) as statements:
            titles.append((then.team.title, [member.overtime for member in then.team.members]))
        assert statements == []

    assert titles == [("old", [1, 1]), ("new", [11, 1]), ("old", [1, 1])]


def test_an_entity_of_a_subquery_of_the_past_is_a_past_object(session):
    now = session.get(Employee, "bob")
    past = as_of(Employee, day(1))
    wrapped = aliased(past, select(past).where(past.overtime == 1).subquery())

    then = session.scalars(select(wrapped).where(wrapped.id == "bob")).one()

    assert (then.overtime, now.overtime) == (1, 11)


def test_a_subquery_of_two_moments_gives_no_object(session):
    past, later = as_of(Employee, day(1)), as_of(Employee, day(2))
    both = select(past).join(later, later.id == past.id).subquery()

    with pytest.raises(NotExpressible, match="two moments"):
        session.scalars(select(aliased(Employee, both))).all()


def test_a_change_of_a_past_object_is_refused_and_the_session_goes_on(session):
    past = as_of(Employee, day(1))
    then = session.scalars(select(past).where(past.id == "bob")).one()

    then.overtime += 1
    with pytest.raises(NotExpressible, match=r"Employee \('bob',\) was loaded as of 2026-01-02.*read-only"):
        session.flush()
    session.refresh(then)
    session.delete(then)
    with pytest.raises(NotExpressible, match="read-only"):
        session.commit()
    session.expunge(then)
    session.get(Employee, "bob").overtime += 1
    session.commit()
    assert session.get(Employee, "bob").overtime == 12


def test_a_past_object_in_another_session_stays_of_the_past(session, hr_engine):
    past = as_of(Employee, day(1))
    then = session.scalars(select(past).where(past.id == "bob")).one()
    session.expunge(then)

    with Session(hr_engine) as other:
        other.add(then)
        other.refresh(then)
        assert (then.overtime, other.get(Employee, "bob").overtime) == (1, 11)
        then.overtime = 5
        with pytest.raises(NotExpressible, match="read-only"):
            other.commit()


@pytest.mark.parametrize("when", [datetime(2026, 1, 3), "2026-01-03", True, None, 1.5])  # noqa: DTZ001  (it is what is refused)
def test_what_is_no_moment_is_refused(when):
    with pytest.raises(InvalidValue, match=r"as_of\(when\)=.*(aware datetime)"):
        as_of(Employee, when)


def test_comparing_what_python_folds_is_refused_with_inline_too():
    past = as_of(InlinePython, day(1))

    with pytest.raises(FoldUnavailable, match="notes is folded in Python"):
        select(past).where(past.notes == [])


def test_an_erased_stream_has_no_past(hr_engine, session):
    employees = SQLRepository(Employee, hr_engine)
    if "erase" not in employees.capabilities:
        pytest.skip("this database has no erasure yet")
    employees.erase("bob")

    assert seen(session, day(2), "id") == [("jane",)]


def test_a_life_that_began_anew_shows_the_life_of_the_moment(engine):
    Base.metadata.create_all(engine)
    repository = SQLRepository(InlineOne, engine)
    repository.append_many(
        NewEvent(
            "bob", {} if number == 3 else {"overtime": number}, recorded_at=day(number), ends=number == 3
        )
        for number in range(1, 6)
    )
    with Session(engine) as session:
        found = []
        for number in range(1, 6):
            past = as_of(InlineOne, day(number))
            found.append(session.scalars(select(past.overtime)).one_or_none())

    assert found == [1, 3, None, 4, 9]


numbers = count()


def agrees(engine, model, data):
    """Any log, with clocks that go back, snapshots and archives: the past is the fold of the events up to the moment."""
    able = SQLRepository(model, engine).capabilities
    calls = [call for call in data.draw(calls_of(model)) if call[0] == "append_many" or call[0] in able]
    memory, sql = MemoryRepository(model), SQLRepository(model, engine)
    contexts = {context: f"{next(numbers)} {context}" for context in CONTEXTS}
    for name, *given_to in calls:
        arguments = list(given_to)
        if name == "append_many":
            arguments = [[NewEvent(contexts[c], f, ends=e, recorded_at=at) for c, f, e, at in given_to[0]]]
        elif name in {"snapshot", "erase"}:
            arguments = [contexts[given_to[0]]]
        keywords = {"before": arguments.pop()} if name == "archive" else {}
        outcomes = []
        for repository in (memory, sql):
            try:
                getattr(repository, name)(*arguments, **keywords)
                outcomes.append(None)
            except Exception as error:  # noqa: BLE001  (both refuse, or neither)
                outcomes.append(type(error))
        assert outcomes[0] == outcomes[1]
    recorded = {event.recorded_at for event in memory.feed()}
    moments = [*sorted(recorded), day(0), *range(6)]
    when = data.draw(st.sampled_from(moments))
    expected = {c: values(state) for c in contexts.values() if (state := memory.state(c, at=when))}

    past = as_of(model, when)
    with Session(engine) as session:
        states = session.scalars(select(past).where(past.id.in_(contexts.values()))).all()
        assert {state.id: values(state) for state in states} == expected
        for context in contexts.values():
            assert values(sql.state(context, at=when)) == expected.get(context)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_agrees_with_folding_the_prefix_in_memory(engine, model):
    Base.metadata.create_all(engine)

    @settings(max_examples=10)
    @given(st.data())
    def law(data):
        agrees(engine, model, data)

    law()


@pytest.mark.parametrize("model", archived.MODELS, ids=lambda model: model.__name__)
def test_it_agrees_where_events_are_archived(engine, model):
    if "archive" not in SQLRepository(model, engine).capabilities:
        pytest.skip("this database has no archive yet")
    archived.Base.metadata.create_all(engine)

    @settings(max_examples=6)
    @given(st.data())
    def law(data):
        agrees(engine, model, data)

    law()
