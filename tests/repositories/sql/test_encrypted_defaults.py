"""A default of an encrypted field is encrypted, with the seq of the event that begins the life."""

from typing import Any

import pytest
from sqlalchemy import String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import Aggregate, Context, Encrypted, EventSourced, Latest, NewEvent, SQLRepository

KEY = bytes(range(32))


class Base(DeclarativeBase):
    pass


class Patient(EventSourced, Base):
    __tablename__ = "defaulted_patient"
    clinic: Mapped[str] = Context(String(20))
    number: Mapped[int] = Context()
    name: Mapped[str] = Latest(Encrypted(String(40), master_key=KEY), default="unknown")
    ward: Mapped[str] = Latest(String(20), default="A")
    visits: Mapped[int] = Aggregate()


@pytest.fixture
def patients(engine: Any) -> Any:
    repository = SQLRepository(Patient, engine)
    repository.create()
    return repository


def test_it_is_stored_as_any_other_value(patients, engine):
    patients.append(("x", 1), visits=1)
    patients.append(("x", 1), visits=1)
    patients.append_many(
        [NewEvent(("x", 1), {"visits": 1}), NewEvent(("x", 2), {}), NewEvent(("x", 1), {}, ends=True)]
    )
    patients.append_many([NewEvent(("x", 1), {"visits": 5})])
    with Session(engine) as session:
        session.add(Patient(clinic="y", number=1))
        session.commit()

    found = [
        (state.clinic, state.number, state.name, state.ward, state.visits) for state in patients.states()
    ]
    assert sorted(found) == [
        ("x", 1, "unknown", "A", 5),
        ("x", 2, "unknown", "A", 0),
        ("y", 1, "unknown", "A", 0),
    ]
    assert not patients.verify().differences
    with engine.connect() as connection:
        stored = (
            connection.execute(text("SELECT name FROM defaulted_patient_event WHERE name IS NOT NULL"))
            .scalars()
            .all()
        )
    assert len(stored) == 4
    assert not any("unknown" in str(value) for value in stored)
