"""The testing kit knows what a life begins with: required fields, defaults, and ``absent=`` of streams that are older."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from sqlalchemy import Integer, String, delete
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris import Aggregate, Context, EventSourced, Latest, LawBroken, Max, MemoryRepository, repository
from sqla_osiris.databases.sqlite import SQLite
from sqla_osiris.testing import RepositoryMachine, check_model, events

# Finding is the kit's, shrinking is Hypothesis's.
FEW = settings(max_examples=10, stateful_step_count=10, database=None, phases=[Phase.generate])
NUMBERS = count(1)


class Base(DeclarativeBase):
    pass


class Ticket(EventSourced, Base):
    __tablename__ = "kit_ticket"
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    title: Mapped[str] = Latest(String(20))
    state: Mapped[str] = Latest(String(20), default="open")
    number: Mapped[int] = Latest(default=lambda: next(NUMBERS))
    tier: Mapped[str] = Latest(String(20), absent="basic")
    note: Mapped[str | None] = Latest(String(20), absent="none yet")
    worth: Mapped[int] = Aggregate(Integer, default=3)
    best: Mapped[int | None] = Aggregate(Integer, reducer=Max(), default=1)


@given(event=events(Ticket))
@settings(max_examples=30)
def test_events_can_begin_a_stream_and_every_store_then_holds_the_same(event):
    assert {"title", "number", "tier"} <= event.fields.keys()
    assert MemoryRepository(Ticket).append(event.context, **event.fields).seq == 1


def test_events_leave_out_what_a_value_fills():
    assert find(events(Ticket), lambda event: "state" not in event.fields)


def test_a_model_is_checked_with_them(database_url):
    check_model(Ticket, database_url, settings=settings(max_examples=10))


def machine(opens: Any, clears: Any = None) -> Any:
    @FEW
    class Machine(RepositoryMachine):
        model = Ticket

        def open(self):
            return opens()

        def clear(self):
            if clears is not None:
                clears()

    return Machine("test_it_does_what_the_memory_does")


def test_a_machine_compares_them(engine):
    Base.metadata.create_all(engine)

    def clear():
        with engine.begin() as connection:
            for table in Ticket.__osiris__.tables:
                connection.execute(delete(table))

    machine(lambda: repository(Ticket, engine), clear).debug()


class GivesNoDefaults(MemoryRepository):
    def __init__(self, model):
        super().__init__(model)
        fields = {
            name: replace(field, default=None, nullable=True) for name, field in self._log.fields.items()
        }
        self._log = replace(self._log, fields=fields)


def test_a_store_that_gives_no_defaults_is_found():
    with pytest.raises(LawBroken):
        machine(lambda: GivesNoDefaults(Ticket)).debug()


def test_a_database_that_reads_another_absent_is_found(monkeypatch):
    right = SQLite.or_else

    def wrong(self, value, otherwise, type_):
        return value if otherwise == "basic" else right(self, value, otherwise, type_)

    monkeypatch.setattr(SQLite, "or_else", wrong)
    Ticket.__osiris__.folded.folding_query.cache_clear()  # type: ignore[attr-defined]
    try:
        with pytest.raises(LawBroken, match=r"(?s)absence.*tier"):
            check_model(Ticket, settings=FEW)
    finally:
        Ticket.__osiris__.folded.folding_query.cache_clear()  # type: ignore[attr-defined]
