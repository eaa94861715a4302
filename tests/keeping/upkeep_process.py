"""What keeps a log, in small pages, in a process for test_kills to kill at any moment."""

from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, copy, repository
from sqla_osiris.repositories import copying
from sqla_osiris.repositories.sql import upkeep as sql_upkeep

__all__ = ["JOBS", "Watched", "run_job", "work"]


class Base(DeclarativeBase):
    pass


class Watched(EventSourced, Base):
    __tablename__ = "watched"
    __snapshot__ = Every(5)
    __archive__ = True
    id = Context(String(40))
    company = Latest(String(40))
    overtime = Aggregate(Integer)


def _snapshots(source: Any, _target: Any, tell: Any) -> int:
    return int(source.snapshots(progress=tell))


def _archive(source: Any, _target: Any, tell: Any) -> int:
    return int(source.archive(keep=2, progress=tell))


def _restore(source: Any, _target: Any, tell: Any) -> int:
    return int(source.restore(progress=tell))


JOBS = {"snapshots": _snapshots, "archive": _archive, "restore": _restore, "copy": copy}


def run_job(job: str, source: Any, target: Any, tell: Any) -> int:
    """Do it to the end; what it counts."""
    return int(JOBS[job](source, target, progress=tell) if job == "copy" else JOBS[job](source, target, tell))


def work(job: str, source: str, target: str, pipe: Any) -> None:
    """Tell through the pipe that it begins, each page, and that it has ended (None)."""
    sql_upkeep._CONTEXTS_A_PAGE = 3
    vars(copying).update(_EVENTS_A_PAGE=20, _ROWS_A_PAGE=20)
    if source.startswith("mongodb"):
        from sqla_osiris.repositories.mongo import archiving, snapshots  # noqa: PLC0415

        vars(snapshots).update(CONTEXTS_A_PART=3)
        vars(archiving).update(CONTEXTS_A_PART=3, _EVENTS_A_MOVE=5)
    repositories = repository(Watched, source), repository(Watched, target)
    pipe.send("started")
    run_job(job, *repositories, pipe.send)
    pipe.send(None)
