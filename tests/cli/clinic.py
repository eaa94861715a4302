"""The models of the command's tests, and a handler: a module, as `--models` names one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, Encrypted, EventSourced, Latest, NewEvent

__all__ = ["BEGUN", "EVENTS", "Doctor", "Patient", "Ward", "handle"]

BEGUN = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class Doctor(EventSourced, Base):
    __archive__ = True
    id = Context(String(200))
    ward = Latest(String(40))
    hours = Aggregate(Integer)


class Patient(EventSourced, Base):
    id = Context(Integer)
    illness = Latest(Encrypted(String(40)))
    visits = Aggregate(Integer)


class Ward(EventSourced, Base):
    house = Context(String(40))
    floor = Context(Integer)
    beds = Aggregate(Integer)


EVENTS = [
    NewEvent(
        "jo",
        {"ward": "north", "hours": 2},
        event_type="hired",
        event_meta={"actor": "eve"},
        recorded_at=BEGUN,
    ),
    NewEvent("jo", {"hours": 3}, recorded_at=BEGUN + timedelta(days=1)),
    NewEvent("jo", {"ward": None}, recorded_at=BEGUN + timedelta(days=2)),
    NewEvent("flo", {"hours": 1}, recorded_at=BEGUN + timedelta(days=2)),
]
"""Of doctors."""


def handle(event: Any, _session: Any) -> None:
    """Take what is not touched by more than two hours."""
    if event.fields.get("hours", 0) > 2:
        raise ValueError("too tired")
