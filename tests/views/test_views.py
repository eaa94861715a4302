"""grouped_by and EventView: the same events, folded by another key."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Integer, String, func, select, update
from sqlalchemy.orm import DeclarativeBase, Session, aliased

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Count,
    DeclarationError,
    EventSourced,
    EventView,
    First,
    FoldUnavailable,
    InvalidValue,
    Latest,
    Max,
    NewEvent,
    NotExpressible,
    SQLRepository,
    as_of,
    grouped_by,
    repository,
    time_travel,
)
from sqla_osiris.fold import fold
from tests.past.hr import MODELS, Base, day
from tests.repositories import models as archived
from tests.repositories.test_laws import TOUCHES

numbers = count()


class Own(DeclarativeBase):
    pass


class Person(EventSourced, Own):
    """As in the README of osiris-es."""

    name = Context(String(20))
    company = Latest(String(20))
    title = Latest(String(20))
    salary = Aggregate(Integer)
    notes = Aggregate(JSON, reducer=Append())


class Payroll(EventView, of=Person, by="company"):
    __from__ = {"best": "salary", "heads": "name", "founder": "name"}  # noqa: RUF012  (as a model declares things)

    salary = Aggregate(Integer)
    best = Aggregate(Integer, reducer=Max())
    heads = Aggregate(String(20), reducer=Count())
    founder = Aggregate(String(20), reducer=First())
    title = Latest(String(20))
    notes = Aggregate(JSON, reducer=Append())


@pytest.fixture
def session(engine):
    Own.metadata.create_all(engine)
    people = repository(Person, engine)
    for number, (name, company, salary) in enumerate(
        [("bob", "acme", 1000), ("jane", "acme", 2000), ("nancy", "acme", 4000), ("bob", "globex", 1500)]
    ):
        fields = {"company": company, "salary": salary, "notes": [number], "title": f"t{number}"}
        people.append_many([NewEvent(name, fields, recorded_at=day(number))])
    with Session(engine) as session:
        yield session


def test_the_example_of_osiris_es(session):
    company = grouped_by(Person, Person.Event.company)
    query = select(company.name, company.company, company.salary).order_by(company.company)

    assert [tuple(row) for row in session.execute(query)] == [
        ("nancy", "acme", 7000),
        ("bob", "globex", 1500),
    ]


def test_a_group_is_an_object_with_the_models_own_reducers(session):
    acme = session.get(grouped_by(Person, Person.Event.company), "acme")

    assert (acme.name, acme.salary, acme.title, acme.notes) == ("nancy", 7000, "t2", [0, 1, 2])
    assert session.get(grouped_by(Person, Person.Event.company), "nobody") is None


def test_a_view_has_fields_and_reducers_of_its_own(session):
    found = [
        (p.company, p.salary, p.best, p.heads, p.founder, p.title, p.notes)
        for p in session.scalars(select(Payroll).order_by(Payroll.company))
    ]

    assert found == [
        ("acme", 7000, 4000, 3, "bob", "t2", [0, 1, 2]),
        ("globex", 1500, 1500, 1, "bob", "t3", [3]),
    ]


def test_a_view_is_queried_as_a_model_is(session):
    assert session.get(Payroll, "acme").salary == 7000
    assert session.scalars(select(Payroll.company).where(Payroll.salary > 5000)).all() == ["acme"]
    other = aliased(Payroll)
    assert session.scalar(select(func.sum(other.salary))) == 8500
    shares = (
        select(Person.name, Person.salary, Payroll.salary)
        .join(Payroll, Payroll.company == Person.company)
        .order_by(Person.name)
    )
    assert [tuple(row) for row in session.execute(shares)] == [
        ("bob", 2500, 1500),
        ("jane", 2000, 7000),
        ("nancy", 4000, 7000),
    ]


def test_events_that_do_not_touch_the_column_belong_to_no_group(session):
    repository(Person, session).append("bob", salary=1)
    repository(Person, session).append("bob", salary=10, company=None)

    assert session.scalar(select(func.sum(Payroll.salary))) == 8500


def test_an_ended_stream_stays_in_its_groups(session):
    session.delete(session.get(Person, "jane"))
    session.flush()

    assert session.get(Payroll, "acme").salary == 7000
    by_name = grouped_by(Person, Person.Event.name)
    assert session.get(by_name, "jane").salary == 2000


def test_an_erased_stream_vanishes_from_views(session):
    people = repository(Person, session)
    if "erase" not in people.capabilities:
        pytest.skip("this database has no erasure yet")
    people.erase("nancy")

    assert session.get(Payroll, "acme").salary == 3000
    assert session.get(grouped_by(Person, Person.Event.company), "acme").name == "jane"


def test_a_view_may_be_of_several_columns(session):
    group = grouped_by(Person, Person.Event.company, Person.Event.name)

    assert session.get(group, ("acme", "jane")).salary == 2000
    assert session.scalar(select(func.count()).select_from(group)) == 4


def test_a_view_has_a_past(session):
    past = as_of(Payroll, day(1))
    now = session.get(Payroll, "acme")
    assert session.execute(select(past.company, past.salary, past.founder, past.title)).all() == [
        ("acme", 3000, "bob", "t1")
    ]
    then = session.scalars(select(past)).one()
    with time_travel(session, day(0)):
        first = session.get(Payroll, "acme")
        assert (first.salary, session.get(Payroll, "globex")) == (1000, None)
    with time_travel(session, 1):
        assert session.scalars(select(Payroll.company)).all() == ["acme"]
    assert (now.salary, then.salary, first.salary) == (7000, 3000, 1000)


def test_a_view_is_read_only(session):
    acme = session.get(Payroll, "acme")
    acme.salary = 1
    with pytest.raises(NotExpressible, match="Payroll is a view of Person's events and is read-only"):
        session.flush()
    session.rollback()
    with pytest.raises(NotExpressible):
        session.execute(update(Payroll).values(salary=1))
    session.rollback()
    session.add(Payroll(company="new"))
    with pytest.raises(NotExpressible, match="read-only"):
        session.flush()


def test_the_same_columns_give_the_same_class():
    assert grouped_by(Person, Person.Event.company) is grouped_by(Person, Person.Event.company)


def test_comparing_what_python_folds_is_refused():
    with pytest.raises(FoldUnavailable, match="folded in Python"):
        select(Payroll).where(Payroll.notes == [])


@pytest.mark.parametrize(
    "column",
    [
        lambda: Person.Event.seq,
        lambda: Person.Event.recorded_at,
        lambda: Person.company,
        lambda: "company",
        lambda: Payroll.company,
    ],
)
def test_what_no_event_touches_is_no_key(column):
    with pytest.raises(DeclarationError, match=r"no column that Person's events touch.*name, company, title"):
        grouped_by(Person, column())


def test_a_document_is_no_key():
    with pytest.raises(DeclarationError, match="a JSON document or an array is no key"):
        grouped_by(Person, Person.Event.notes)


def test_no_column_at_all_is_refused():
    with pytest.raises(DeclarationError, match="by which column"):
        grouped_by(Person)


def test_what_is_no_model_is_refused():
    with pytest.raises(DeclarationError, match="is not event-sourced"):
        grouped_by(Own, Person.Event.company)


def declare(*, fields=None, **arguments):
    fields = {"salary": Aggregate(Integer)} if fields is None else fields
    return type(EventView)(f"Wrong{next(numbers)}", (EventView,), fields, **arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"of": Person}, "view of nothing"),
        ({"by": "company"}, "view of nothing"),
        ({"of": Person, "by": "employer"}, "by='employer': Person has neither a field nor a context"),
        ({"of": Own, "by": "company"}, "is not event-sourced"),
        ({"of": Person, "by": "company", "fields": {}}, "declares no field"),
        (
            {"of": Person, "by": "company", "fields": {"bonus": Aggregate(Integer)}},
            "bonus='bonus': Person has neither",
        ),
        (
            {"of": Person, "by": "company", "fields": {"company": Latest(String)}},
            "is what the view is grouped by",
        ),
        ({"of": Person, "by": "company", "fields": {"title": Aggregate(String)}}, "adds numbers"),
    ],
)
def test_a_view_that_cannot_work_is_refused(arguments, said):
    with pytest.raises(DeclarationError, match=said):
        declare(**arguments)


def test_a_naive_moment_of_a_view_is_refused():
    with pytest.raises(InvalidValue, match="has no time zone"):
        as_of(Payroll, day(1).replace(tzinfo=None))


def agrees(engine, model, data):
    """Any log: each group is the fold of its events in the order of the feed."""
    mark, log = f"{next(numbers)} ", model.__osiris__
    companies = st.none() | st.sampled_from("abc").map(lambda letter: mark + letter)
    touches = {key: TOUCHES[key] for key in log.reducers} | {"company": companies}
    events = st.tuples(
        st.sampled_from(["bob", "jane"]), st.fixed_dictionaries({}, optional=touches), st.integers(0, 9)
    )
    drawn = data.draw(st.lists(events, max_size=10))
    repository_ = SQLRepository(model, engine)
    repository_.append_many(
        NewEvent(mark + context, fields if ends else {}, ends=not ends) for context, fields, ends in drawn
    )
    if data.draw(st.booleans()) and "archive" in repository_.capabilities:
        repository_.snapshot(mark + "bob")
        repository_.archive(before=day(10_000))
    written = [e for context in ("bob", "jane") for e in repository_.history(mark + context)]
    groups = {}
    for event in sorted(written, key=lambda event: event.position):
        company = event.fields.get("company")
        if company is not None:
            folded, _ = groups.get(company, (None, None))
            groups[company] = fold(log.reducers, [event], onto=folded), event.context
    keys = [key for key in log.by_key if key != "company"]
    expected = {
        company: [context, *(log.by_key[k].present(folded.accumulators[k]) for k in keys)]
        for company, (folded, context) in groups.items()
    }

    view = grouped_by(model, model.Event.company)
    with Session(engine) as session:
        found = session.scalars(select(view).where(view.company.in_([mark + letter for letter in "abc"])))
        assert {g.company: [g.id, *(getattr(g, k) for k in keys)] for g in found} == expected


@pytest.mark.parametrize("model", [MODELS[0], MODELS[3]], ids=lambda model: model.__name__)
def test_a_group_is_the_fold_of_its_events(engine, model):
    Base.metadata.create_all(engine)

    @settings(max_examples=10)
    @given(st.data())
    def law(data):
        agrees(engine, model, data)

    law()


@pytest.mark.parametrize("model", [archived.EveryInPython], ids=lambda model: model.__name__)
def test_a_group_is_the_fold_of_its_events_where_some_are_archived(engine, model):
    if "archive" not in SQLRepository(model, engine).capabilities:
        pytest.skip("this database has no archive yet")
    archived.Base.metadata.create_all(engine)

    @settings(max_examples=10)
    @given(st.data())
    def law(data):
        agrees(engine, model, data)

    law()
