"""The type and the metadata of a flush's events: of all by ``event_context``, of one object's by ``describe_event``."""

import pytest
from sqlalchemy.orm import Session

from sqla_osiris import (
    ConcurrentAppend,
    DeclarationError,
    InvalidValue,
    describe_event,
    event_context,
    repository,
)
from tests.statements import counted
from tests.unit_of_work.hr import Employee, Team


def described(session, context="bob"):
    """The fields, the type and the metadata of each event of a stream, in order."""
    events = repository(Employee, session).history(context)
    return [(event.fields, event.event_type, event.event_meta) for event in events]


def test_every_event_of_a_flush_carries_the_surrounding_type(session, bob):
    bob.overtime += 1
    session.add(Employee(id="eve", company="Acme"))
    with event_context(event_type="synchronised", meta={"request-id": 7}, actor="jane"):
        session.commit()

    expected = ("synchronised", {"request-id": 7, "actor": "jane"})
    assert described(session)[-1][1:] == expected
    assert described(session, "eve")[-1][1:] == expected


def test_one_objects_event_is_described_over_what_surrounds_it(session, bob):
    eve = Employee(id="eve", company="Acme")
    describe_event(eve, event_type="hired", event_meta={"actor": "hr"})
    bob.overtime += 1
    session.add(eve)
    with event_context(event_type="synchronised", actor="jane", reason="payroll"):
        session.commit()

    assert described(session, "eve")[-1][1:] == ("hired", {"actor": "hr", "reason": "payroll"})
    assert described(session)[-1][1:] == ("synchronised", {"actor": "jane", "reason": "payroll"})


@pytest.mark.parametrize("end", [Session.flush, Session.commit])
def test_a_description_is_of_one_event(session, bob, end):
    eve = Employee(id="eve", company="Acme")
    session.add(eve)
    describe_event(eve, event_type="hired")
    describe_event(bob, event_type="promoted")
    bob.title = "VP"
    end(session)
    eve.title = bob.title = "CEO"
    end(session)

    assert [event[1] for event in described(session)] == [None, "promoted", None]
    assert [event[1] for event in described(session, "eve")] == ["hired", None]


def test_further_calls_add_to_it(session, bob):
    describe_event(bob, event_type="asked", event_meta={"a": 1, "b": 1})
    describe_event(bob, event_meta={"b": 2})
    session.commit()

    assert described(session)[-1] == ({}, "asked", {"a": 1, "b": 2})


def test_a_described_object_writes_an_event_though_nothing_changed(session, bob):
    describe_event(bob, event_type="seen")
    session.commit()

    assert described(session)[-1] == ({}, "seen", None)
    assert bob.seq == 2


def test_such_an_event_loses_a_race_like_any_other(session, bob):
    _ = bob.seq
    repository(Employee, session.get_bind()).append("bob", overtime=1)
    describe_event(bob, event_type="seen")

    with pytest.raises(ConcurrentAppend):
        session.commit()


def test_the_end_of_a_stream_can_be_described(session, bob):
    describe_event(bob, event_type="fired", event_meta={"why": "late"})
    session.delete(bob)
    session.commit()

    assert described(session)[-1] == ({}, "fired", {"why": "late"})


def test_an_object_in_anothers_place_is_described_and_the_end_of_that_one_not(session, bob):
    session.delete(bob)
    other = Employee(id="bob", company="Acme")
    describe_event(other, event_type="rehired")
    session.add(other)
    session.commit()

    assert [event[1] for event in described(session)] == [None, None, "rehired"]


@pytest.mark.parametrize("within", [False, True], ids=["transaction", "savepoint"])
def test_a_rollback_takes_it_back(session, bob, within):
    _ = bob.seq
    transaction = session.begin_nested() if within else session
    describe_event(bob, event_type="promoted")
    bob.title = "VP"
    transaction.rollback()
    bob.title = "CEO"
    session.commit()

    assert described(session)[-1] == ({"title": "CEO"}, None, None)


def test_a_flush_that_failed_takes_it_back(session, bob):
    describe_event(bob, event_type="promoted")
    session.add(Employee(id=None))
    with pytest.raises(InvalidValue):
        session.commit()
    session.rollback()
    bob.title = "CEO"
    session.commit()

    assert described(session)[-1] == ({"title": "CEO"}, None, None)


def test_what_is_no_type_is_refused_at_once(session, bob):
    with pytest.raises(InvalidValue, match="event_type"):
        describe_event(bob, event_type=5)
    with pytest.raises(InvalidValue, match="event_meta"):
        describe_event(bob, event_meta={"when": object()})
    with pytest.raises(DeclarationError, match="not event-sourced"):
        describe_event(Team(name="A"), event_type="founded")


def test_a_description_costs_no_statement(session, bob, hr_engine):
    counts = []
    for description in (None, "promoted"):
        session.refresh(bob)
        bob.overtime += 1
        if description:
            describe_event(bob, event_type=description)
        with counted(hr_engine) as statements:
            session.flush()
        counts.append(len(statements))

    assert counts[0] == counts[1]
