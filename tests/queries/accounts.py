"""A model of each policy to lock rows of, the ways to ask for a lock, and one who holds it meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, select, update
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    mapped_column,
    relationship,
    selectinload,
)

from sqla_osiris import (
    Aggregate,
    Context,
    CreatedAt,
    EventSourced,
    EventView,
    Every,
    Latest,
    Merge,
    Never,
    Upcast,
    UpdatedAt,
    repository,
)
from tests.lock_waits import until_waiting


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


class Plain(Base):
    """An ordinary row."""

    __tablename__ = "plain"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    balance: Mapped[int]


class Account(EventSourced, Base):
    __tablename__ = "account"
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class Tally(EventSourced, Base):
    __tablename__ = "tally"
    __snapshot__ = Every(2)
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class Journal(EventSourced, Base):
    __tablename__ = "journal"
    __snapshot__ = Never()
    __archive__ = True
    desk: Mapped[str] = Context(String(20))
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class Wage(EventSourced, Base):
    """Its tail is read through an upcast."""

    __tablename__ = "wage"
    __snapshot__ = Never()
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate(upcast=Upcast("pay", Integer))
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class Diary(EventSourced, Base):
    """Python folds a field of it as a row is read."""

    __tablename__ = "diary"
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate()
    notes: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class Dated(EventSourced, Base):
    """Its times are read from the log, beside a head that holds the rest."""

    __tablename__ = "dated"
    id: Mapped[str] = Context(String(20))
    balance: Mapped[int] = Aggregate()
    created_at: Mapped[datetime] = CreatedAt()
    updated_at: Mapped[datetime] = UpdatedAt()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()


class Quarter(EventView, of=Dated, by="team_id"):
    """The first and the last event of a team."""

    began: Mapped[datetime] = CreatedAt()
    changed: Mapped[datetime] = UpdatedAt()


MODELS = [Account, Tally, Journal, Wage, Diary]
KEYS = {Dated: "a", Account: "a", Tally: "a", Journal: ("d", "a"), Wage: "a", Diary: "a"}


@contextmanager
def held(engine, model, *, stale=False, **fields):
    """Append to "a" of this model, and hold its lock inside; commit then."""
    with Session(engine) as holder:
        repository(model, holder).append(KEYS[model], **fields)
        if stale:
            heads = model.__osiris__.heads
            holder.execute(update(heads).where(heads.c.id == "a").values(osiris_fingerprint=7))
        yield holder
        holder.commit()


def waits_for(engine, model, way, **held_arguments):
    """What a session gives that asks for the lock while another one holds it, in that session's own transaction."""
    with ThreadPoolExecutor(1) as pool:
        with held(engine, model, **held_arguments):
            found = pool.submit(way)
            until_waiting(engine, 1, otherwise=found.done)
            assert not found.done(), found.result()
        return found.result(20)


def of(model, *columns):
    query = select(*(columns or (model,))).where(model.id == "a")
    # MariaDB locks all rows that it looks at: with the whole key it looks at one.
    return query.where(model.desk == "d") if model is Journal else query


def other(model):
    alias = aliased(model)
    return select(alias).where(alias.id == "a")


WAYS = {
    "get": lambda s, m: s.get(m, KEYS[m], with_for_update=True),
    "get read": lambda s, m: s.get(m, KEYS[m], with_for_update={"read": True}),
    "select": lambda s, m: s.scalar(of(m).with_for_update()),
    "select columns": lambda s, m: s.execute(of(m, m.balance, m.seq).with_for_update()).one(),
    "select by a state": lambda s, m: s.scalar(select(m).where(m.id == "a", m.balance > 0).with_for_update()),
    "order and limit": lambda s, m: s.scalar(select(m).order_by(m.id).limit(1).with_for_update()),
    "alias": lambda s, m: s.scalar(other(m).with_for_update()),
    "join": lambda s, m: s.scalar(of(m).join(m.team).with_for_update()),
    "join of the model": lambda s, m: s.scalar(of(m).join(m.team).with_for_update(of=m)),
    "join from the other side": lambda s, m: s.execute(
        select(Team, m).join(m, m.team_id == Team.id).where(m.id == "a").with_for_update()
    ).one()[1],
    "query": lambda s, m: s.query(m).filter(m.id == "a").with_for_update().one(),
    "selectinload": lambda s, m: s.scalar(of(m).options(selectinload(m.team)).with_for_update()),
}


EACH_WAY = [
    *((Account, way) for way in WAYS),
    *((model, way) for model in MODELS[1:] for way in ("get", "select by a state", "join", "select columns")),
]
