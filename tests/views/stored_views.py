"""A model and two views of it of the same fields, one with snapshots; and what tests of them do again and again."""

from sqlalchemy import JSON, Boolean, Integer, MetaData, Numeric, String, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    All,
    Context,
    Count,
    EventSourced,
    EventView,
    Every,
    First,
    Latest,
    Max,
    Mean,
    Min,
    Never,
    NewEvent,
)


class Own(DeclarativeBase):
    pass


class Person(EventSourced, Own):
    __archive__ = True
    __snapshot__ = Every(2)

    name = Context(String(30))
    company = Latest(String(30))
    title = Latest(String(20))
    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(9, 2))
    happy = Aggregate(Boolean, reducer=All())
    notes = Latest(JSON)


class Figures:
    __from__ = {  # noqa: RUF012  (as a model declares things)
        **dict.fromkeys(["best", "worst", "mean"], "salary"),
        **dict.fromkeys(["heads", "founder", "newest"], "name"),
        "highest": "title",
    }

    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(9, 2))
    best = Aggregate(Integer, reducer=Max())
    worst = Aggregate(Integer, reducer=Min())
    mean = Aggregate(Integer, reducer=Mean())
    heads = Aggregate(String(30), reducer=Count())
    founder = Aggregate(String(30), reducer=First())
    newest = Latest(String(30))
    title = Latest(String(20))
    highest = Aggregate(String(20), reducer=Max())
    happy = Aggregate(Boolean, reducer=All())
    notes = Latest(JSON)


class Stored(Figures, EventView, of=Person, by="company"):
    __snapshot__ = Every(1)


class Folded(Figures, EventView, of=Person, by="company"):
    __snapshot__ = Never()


ROWS, PLACES = (Own.metadata.tables[name] for name in ("stored_snapshot", "person_event_views"))


def groups(engine, view, *companies):
    with Session(engine) as session:
        query = select(view).order_by(view.company)
        found = session.scalars(query.where(view.company.in_(companies)) if companies else query)
        return [{column.key: getattr(each, column.key) for column in view.__table__.c} for each in found]


def totals(engine, view=Stored):
    return {each["company"]: each["salary"] for each in groups(engine, view)}


def falsify(engine):
    """Have the stored groups say what no event does: so a test sees whether they are read."""
    with engine.begin() as connection:
        assert connection.execute(update(ROWS).values(salary=ROWS.c.salary + 1_000_000)).rowcount


def hire(people, *salaries, company="acme"):
    people.append_many(NewEvent("bob", {"company": company, "salary": salary}) for salary in salaries)


def version(policy, **fields):
    """The model and its view, or without a policy the model alone: a version of a program."""
    base = type("Base", (DeclarativeBase,), {"metadata": MetaData()})
    body = {"__tablename__": "employee", "name": Context(String(20)), "company": Latest(String(20))}
    model = type("Employee", (EventSourced, base), {**body, "salary": Aggregate(Integer)})
    if policy is None:
        return model, None
    said = {"__tablename__": "payroll", "__snapshot__": policy, **(fields or {"salary": Aggregate(Integer)})}
    return model, type(EventView)("Payroll", (EventView,), said, of=model, by="company")
