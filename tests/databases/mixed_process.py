"""What one of eight processes does: all that writes, in turns that its seed decides, on one hot stream and on many.

The engine has its defaults, and so has the server. What the library began itself may raise nothing. A session's own
change may lose a race: it is begun anew, as an application does it, and counted.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Engine, Integer, MetaData, String, Table, create_engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    Encrypted,
    EventSourced,
    Every,
    Latest,
    NewEvent,
    Subscription,
    Union,
    repository,
    subscription_table,
)
from tests.stores.racing import begin_together

__all__ = ["HANDLED", "MODELS", "Account", "Base", "subscription", "work"]


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "account"
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str | None] = Latest(String(20))
    count: Mapped[int] = Aggregate()


class Meter(EventSourced, Base):
    __tablename__ = "meter"
    __archive__ = True
    __snapshot__ = Every(3)
    id: Mapped[str] = Context(String(20))
    count: Mapped[int] = Aggregate()
    tags: Mapped[list[Any]] = Aggregate(JSON, reducer=Union())


class Patient(EventSourced, Base):
    __tablename__ = "patient"
    id: Mapped[str] = Context(String(20))
    note: Mapped[str | None] = Latest(Encrypted(String(50), master_key=b"k" * 32))
    count: Mapped[int] = Aggregate()


class Ticket(EventSourced, Base):
    __tablename__ = "ticket"
    id: Mapped[str] = Context(String(20))
    status: Mapped[str] = Latest(String(20), default="open")
    count: Mapped[int] = Aggregate()


MODELS: list[type[Any]] = [Account, Meter, Patient, Ticket]
HANDLED = Table("handled", MetaData(), Column("who", String(20)), Column("seq", Integer))
subscription_table(Base.metadata)

_OTHERS = {Account: {"owner": "ann"}, Meter: {"tags": ["a"]}, Patient: {"note": "none"}, Ticket: {}}


def subscription(engine: Engine) -> Subscription:
    """Writes each event down, in the transaction that counts it as handled."""

    def handle(event: Any, session: Any) -> None:
        session.execute(insert(HANDLED).values(who=event.context, seq=event.seq))

    return Subscription(repository(Account, engine), "mail", handle, batch=20)


Counts = Counter[tuple[str, str]]
"""How often 1 was added, by model and context."""


class _Worker:
    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.dice = random.Random(seed)
        self.counts: Counts = Counter()
        self.outcomes: Counter[str] = Counter()

    def step(self) -> None:
        model = self.dice.choice(MODELS)
        way = self.dice.choices(list(WAYS), [weight for _, weight in WAYS.values()])[0]
        self.outcomes[way] += 1
        WAYS[way][0](self, model, self.context())

    def context(self) -> str:
        return "hot" if self.dice.random() < 0.5 else f"many {self.dice.randrange(8)}"

    def added(self, model: type[Any], context: str, times: int = 1) -> None:
        self.counts[model.__name__, context] += times

    def fields(self, model: type[Any]) -> dict[str, Any]:
        return {"count": 1} | (_OTHERS[model] if self.dice.random() < 0.5 else {})

    def append(self, model: type[Any], context: str) -> None:
        repository(model, self.engine).append(context, **self.fields(model))
        self.added(model, context)

    def append_twice(self, model: type[Any], context: str) -> None:
        identity, fields = UUID(int=self.dice.getrandbits(128)), self.fields(model)
        first, again = (
            repository(model, self.engine).append(context, event_id=identity, **fields) for _ in range(2)
        )
        assert (first.seq, first.event_id) == (again.seq, identity)
        self.added(model, context)

    def append_many(self, model: type[Any], context: str) -> None:
        contexts = [context, *(self.context() for _ in range(3))]
        events = [NewEvent(each, self.fields(model)) for each in contexts]
        assert repository(model, self.engine).append_many(events) == 4
        for each in contexts:
            self.added(model, each)

    def look_and_append(self, model: type[Any], context: str) -> None:
        """In a session that has read another stream, and this one: a blind append depends on neither."""
        fields = self.fields(model)

        def append(session: Session) -> None:
            session.get(model, self.context())
            session.get(model, context)
            repository(model, session).append(context, **fields)

        self.in_session("blind", model, append)
        self.added(model, context)

    def add_atomically(self, model: type[Any], context: str) -> None:
        def add(session: Session) -> None:
            found = session.get(model, context)
            if found is None:
                session.add(model(id=context, count=1))
            else:
                found.count = model.count + 1

        self.in_session("atomic", model, add)
        self.added(model, context)

    def change(self, model: type[Any], context: str) -> None:
        def change(session: Session) -> None:
            found = session.get(model, context)
            if found is None:
                session.add(model(id=context, count=1))
            else:
                found.count += 1

        self.in_session("change", model, change)
        self.added(model, context)

    def in_session(self, kind: str, model: type[Any], act: Callable[[Session], None]) -> None:
        """Do it in a session's transaction, which is begun anew when it has lost a race."""
        while True:
            try:
                with Session(self.engine) as session:
                    act(session)
                    session.commit()
            except ConcurrentAppend:
                self.outcomes[f"{kind} {model.__name__} lost"] += 1
            else:
                return

    def archive(self, model: type[Any], context: str) -> None:
        repository(self.dice.choice([Account, Meter]), self.engine).archive(keep=self.dice.randrange(3))

    def restore(self, model: type[Any], context: str) -> None:
        repository(self.dice.choice([Account, Meter]), self.engine).restore(context)

    def snapshots(self, model: type[Any], context: str) -> None:
        repository(model, self.engine).snapshots()
        repository(model, self.engine).snapshot(context)

    def redact(self, model: type[Any], context: str) -> None:
        patients = repository(Patient, self.engine)
        last = patients.state(context)
        if last is not None:
            patients.redact(context, self.dice.randint(1, last.seq), "note", reason="asked")

    def erase(self, model: type[Any], context: str) -> None:
        """A stream of those that nobody counts."""
        context = f"gone {self.dice.randrange(1_000)}"
        try:
            repository(model, self.engine).append(context, **self.fields(model))
            repository(model, self.engine).erase(context)
        except ContextErased:
            self.outcomes["erased already"] += 1

    def read(self, model: type[Any], context: str) -> None:
        opened = repository(model, self.engine)
        history = list(opened.history(context))
        assert [event.seq for event in history] == list(range(1, len(history) + 1))
        opened.feed(limit=20)
        opened.states()

    def follow(self, model: type[Any], context: str) -> None:
        subscription(self.engine).run_once()


WAYS: dict[str, tuple[Callable[[_Worker, type[Any], str], None], int]] = {
    "append": (_Worker.append, 20),
    "append_twice": (_Worker.append_twice, 10),
    "append_many": (_Worker.append_many, 10),
    "look_and_append": (_Worker.look_and_append, 10),
    "add_atomically": (_Worker.add_atomically, 10),
    "change": (_Worker.change, 5),
    "archive": (_Worker.archive, 2),
    "restore": (_Worker.restore, 2),
    "snapshots": (_Worker.snapshots, 2),
    "redact": (_Worker.redact, 3),
    "erase": (_Worker.erase, 3),
    "read": (_Worker.read, 5),
    "follow": (_Worker.follow, 5),
}


def work(url: str, seed: int, steps: int) -> tuple[Counts, Counter[str]]:
    """Return how often this worker added 1 to which stream, and what it did."""
    engine = create_engine(url)
    worker = _Worker(engine, seed)
    with engine.connect():
        begin_together()
    for _ in range(steps):
        worker.step()
    engine.dispose()
    return worker.counts, worker.outcomes
