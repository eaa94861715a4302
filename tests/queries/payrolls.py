"""One payroll per snapshot policy, a log to play into it, and a fold of that log that owes nothing to the package."""

import random
from dataclasses import dataclass
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship

from sqla_osiris import (
    Aggregate,
    Context,
    Count,
    EventSourced,
    Every,
    First,
    Inline,
    Latest,
    Max,
    Min,
    Never,
    NewEvent,
    repository,
)

__all__ = ["PAYROLLS", "TEAMS", "Step", "folded", "play", "random_log"]

TEAMS = {1: "Rocket", 2: "Comet", 3: "Probe", 4: "Empty"}
COMPANIES = ["acme", "hooly", "raviga", "Ätna"]


def declared(policy):
    """A payroll's classes under a policy, in a metadata of their own."""

    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "team"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(30))
        people = relationship("Worker", back_populates="team", order_by="Worker.id")

    class Wanted(Base):
        __tablename__ = "wanted"
        id = mapped_column(String(30), primary_key=True)
        reason = mapped_column(String(30))

    class Worker(EventSourced, Base):
        __tablename__ = "worker"
        __snapshot__ = policy
        id = Context(String(30))
        company = Latest(String(30))
        team_id = Latest(Integer, ForeignKey("team.id"))
        salary = Aggregate(Integer)
        best = Aggregate(Integer, reducer=Max())
        worst = Aggregate(Integer, reducer=Min())
        visits = Aggregate(Integer, reducer=Count())
        joined = Aggregate(Integer, reducer=First())
        team = relationship("Team", back_populates="people")

    return SimpleNamespace(metadata=Base.metadata, Team=Team, Wanted=Wanted, Worker=Worker)


PAYROLLS = {
    "inline": declared(Inline()),
    "every 3": declared(Every(3)),
    "never": declared(Never()),
}


@dataclass(frozen=True)
class Step:
    """An append of these fields, or the end of the stream where there are none at all."""

    context: str
    fields: dict[str, Any] | None


def random_log(length=200, contexts=24):
    """The same steps each time: touches of all kinds, None among them, ended streams, and some lived again."""
    chance = random.Random(7)
    steps, live = [], set()
    for _ in range(length):
        context = f"w{chance.randrange(contexts):02}"
        ends = context in live and chance.random() < 0.06
        live.symmetric_difference_update({context} if ends or context not in live else ())
        steps.append(Step(context, None if ends else random_fields(chance)))
    return steps + [Step(context, None) for context in sorted(live)[::8]]


def random_fields(chance):
    candidates = {
        "company": chance.choice([*COMPANIES, None]),
        "team_id": chance.choice([1, 2, 3, None]),
        "salary": chance.randrange(-50, 100),
        "best": chance.randrange(-100, 100),
        "worst": chance.randrange(-100, 100),
        "visits": 1,
        "joined": chance.randrange(2000, 2026),
    }
    return {name: value for name, value in candidates.items() if chance.random() < 0.35}


def folded(steps):
    """The states of all live streams by context, as plain dictionaries."""
    states, seqs = {}, {}
    for step in steps:
        seqs[step.context] = seqs.get(step.context, 0) + 1
        if step.fields is None:
            del states[step.context]
            continue
        state = states.setdefault(step.context, dict(NOTHING, id=step.context))
        for name, touch in step.fields.items():
            state[name] = FOLDS[name](state[name], touch)
        state["seq"] = seqs[step.context]
    return states


NOTHING = {
    "company": None,
    "team_id": None,
    "salary": 0,
    "best": None,
    "worst": None,
    "visits": 0,
    "joined": None,
}

FOLDS = {
    "company": lambda before, touch: touch,
    "team_id": lambda before, touch: touch,
    "salary": lambda before, touch: before + touch,
    "best": lambda before, touch: touch if before is None else max(before, touch),
    "worst": lambda before, touch: touch if before is None else min(before, touch),
    "visits": lambda before, touch: before + 1,
    "joined": lambda before, touch: touch if before is None else before,
}


def play(session, payroll, steps):
    """Write teams and steps, in order, and commit."""
    session.add_all([payroll.Team(id=number, name=name) for number, name in TEAMS.items()])
    session.flush()
    workers = repository(payroll.Worker, session)
    for ends, run in groupby(steps, key=lambda step: step.fields is None):
        if ends:
            end(session, payroll.Worker, [step.context for step in run])
        else:
            workers.append_many(NewEvent(step.context, step.fields) for step in run)
    session.commit()


def end(session, worker, contexts):
    for context in contexts:
        session.delete(session.get(worker, context))
    session.flush()
    session.expunge_all()
