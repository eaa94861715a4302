"""The census of seams: what SQLAlchemy offers that can change where or what is written, and what becomes of it here.

A row names features of one kind, says the outcome, and has a check that shows it. The kinds' features are SQLAlchemy's own
lists, so what a new version adds fails until it has a row. ``python -m tests.seams.rows`` writes the table of the docs.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, String, create_engine
from sqlalchemy import event as events
from sqlalchemy.engine import interfaces
from sqlalchemy.engine.events import ConnectionEvents, DialectEvents
from sqlalchemy.orm import (
    AttributeEvents,
    DeclarativeBase,
    InstanceEvents,
    Mapped,
    MapperEvents,
    QueryEvents,
    Session,
    SessionEvents,
    relationship,
)
from sqlalchemy.orm import _typing as orm_typing
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris import Aggregate, Context, EventSourced, Latest, NotExpressible, repository

__all__ = ["DOCS", "FEATURES", "ROWS", "Bench", "Row", "expects", "listening", "seam", "table", "works"]

DOCS = Path(__file__).parents[2] / "docs" / "seams.md"

Check = Callable[["Bench", str], None]


@dataclass(frozen=True)
class Row:
    """Features of one kind with one outcome; ``check`` is called for each of them."""

    kind: str
    features: tuple[str, ...]
    outcome: str
    check: Check


ROWS: list[Row] = []


def seam(kind: str, *features: str, outcome: str) -> Callable[[Check], Check]:
    """Put a check's features into the census."""

    def registered(check: Check) -> Check:
        ROWS.append(Row(kind, features, outcome, check))
        return check

    return registered


class Bench:
    """An empty database and a model of its own, for one check."""

    def __init__(self) -> None:
        self._engines: list[Engine] = []
        self.engine = self.new_engine()
        self.base: Any = type("Base", (DeclarativeBase,), {})
        self.item: Any = self.model()
        self.create()

    def model(self, **body: Any) -> Any:
        """Declare the model, with these attributes beside its own."""

        class Item(EventSourced, self.base):
            __tablename__ = "item"
            id: Mapped[str] = Context(String(9))
            name: Mapped[str | None] = Latest(String(20))
            stock: Mapped[int] = Aggregate()
            locals().update(body)

        return Item

    def again(self, **body: Any) -> Any:
        """Declare the model anew, with these attributes, in an empty database."""
        self.base = type("Base", (DeclarativeBase,), {})
        self.engine = self.new_engine()
        self.item = self.model(**body)
        return self.item

    def new_engine(self, url: str = "sqlite://") -> Engine:
        """An engine that is disposed of with the bench."""
        self._engines.append(create_engine(url))
        return self._engines[-1]

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()

    def create(self) -> None:
        self.base.metadata.create_all(self.engine)

    def session(self, **arguments: Any) -> Session:
        return Session(self.engine, **arguments)

    def log(self, context: str = "a") -> list[dict[str, Any]]:
        """What each event of a stream touched; an end is {"ends": True}."""
        history = repository(self.item, self.engine).history(context)
        return [{"ends": True} if each.ends else each.fields for each in history]


def expects(operation: Callable[[], object], error: type[Exception] = NotExpressible) -> None:
    """See it refused."""
    try:
        operation()
    except error:
        return
    raise AssertionError(f"{error.__name__} was expected")


def works(bench: Bench, given: Session | None = None) -> None:
    """Add, change, end and begin anew, and see that the log, the heads and the states say so."""
    with given or bench.session() as session:
        session.add(one := bench.item(id="a", name="n"))
        session.commit()
        one.stock += 2
        session.flush()
        session.refresh(one)
        with session.begin_nested() as savepoint:
            one.stock += 100
            session.flush()
            savepoint.rollback()
        one.name = "m"
        session.commit()
        session.delete(one)
        session.commit()
        session.add(bench.item(id="a", stock=7))
        session.commit()
        session.expunge_all()
        assert session.get(bench.item, "a").stock == 7
    assert bench.log() == [{"name": "n"}, {"stock": 2}, {"name": "m"}, {"ends": True}, {"stock": 7}]
    assert not repository(bench.item, bench.engine).verify().differences


def _public(*classes: type[Any]) -> set[str]:
    return {name for each in classes for name in vars(each) if not name.startswith("_")} - {"dispatch"}


def _parameters(function: Any) -> set[str]:
    found = set(inspect.signature(function).parameters)
    return found - {"self", "kw"}


FEATURES: dict[str, set[str]] = {
    "mapper event": _public(MapperEvents),
    "session event": _public(SessionEvents),
    "instance event": _public(InstanceEvents),
    "attribute event": _public(AttributeEvents),
    "query event": _public(QueryEvents),
    "engine event": _public(ConnectionEvents),
    "dialect event": _public(DialectEvents),
    "session method": {name for name in dir(Session) if not name.startswith("_")},
    "session argument": _parameters(Session.__init__),
    "relationship argument": _parameters(relationship),
    "type hook": {name for name in _public(TypeDecorator) | _public(TypeEngine) if not name[0].isupper()},
    "execution option": {
        *interfaces._CoreKnownExecutionOptions.__annotations__,
        *orm_typing._OrmKnownExecutionOptions.__annotations__,
    },
}
"""Each kind's features, as the installed SQLAlchemy lists them. Kinds that it has no list of are in the rows alone."""


@dataclass
class Heard:
    """Counts the calls of a listener."""

    calls: list[str] = field(default_factory=list)

    def listener(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: self.calls.append(name)


def listening(target: Any, name: str, **arguments: Any) -> "Listening":
    """Listen to an event for as long as the block runs."""
    return Listening(target, name, arguments)


class Listening:
    def __init__(self, target: Any, name: str, arguments: dict[str, Any]) -> None:
        self.given = target, name
        self.arguments = arguments
        self.heard = Heard()

    def __enter__(self) -> Heard:
        self.fn = self.heard.listener(self.given[1])
        events.listen(*self.given, self.fn, **self.arguments)
        return self.heard

    def __exit__(self, *_: object) -> None:
        events.remove(*self.given, self.fn)


def table() -> Iterator[str]:
    """The lines of the docs' page."""
    yield from HEAD.splitlines()
    kinds = dict.fromkeys(row.kind for row in ROWS)
    for kind in kinds:
        yield ""
        yield f"## {kind[0].upper()}{kind[1:]}s" if not kind.endswith("s") else f"## {kind}"
        yield ""
        yield "| feature | outcome |"
        yield "| --- | --- |"
        for row in ROWS:
            if row.kind == kind:
                yield f"| {', '.join(f'`{name}`' for name in row.features)} | {row.outcome} |"


HEAD = """# The census of seams

What SQLAlchemy offers that can change where or what is written, and what becomes of it: it *works*, it is *refused* with an
error, or it does what it does *as in SQLAlchemy* with any model. Each row is run by `tests/seams`, which also compares the
rows with SQLAlchemy's own lists of events, methods and arguments: what a new version adds fails there until it has a row.
The arguments of `mapped_column`, `ForeignKey`, `Table` and `Mapper` have such lists in `tests/declaring/test_arguments.py`.
`python -m tests.seams.rows` writes this page."""
