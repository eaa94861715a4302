"""Events of an earlier version, read by a declared upcast: as if they had been written in the new fields."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import boto3
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from sqlalchemy import Column, Engine, Integer, Numeric, String, create_engine, select
from sqlalchemy.orm import Session

from sqla_osiris import (
    Aggregate,
    Encrypted,
    Every,
    Inline,
    Latest,
    NewEvent,
    Upcast,
    as_of,
    copy,
    grouped_by,
    repository,
)
from sqla_osiris import alembic as osiris
from sqla_osiris.errors import DeclarationError, FoldUnavailable
from tests.migrations.project import employee

KEEPS: dict[str, Any] = {"__append_only__": True, "__archive__": True}


def before(policy: Any) -> Any:
    return employee(
        **KEEPS,
        __snapshot__=policy,
        pay=Aggregate(Numeric(10, 2)),
        title=Latest(String(40)),
        minutes=Latest(Integer),
        worked=Aggregate(Integer),
    )


def after(policy: Any) -> Any:
    """Another unit and type, another name, and one field that becomes two."""
    return employee(
        **KEEPS,
        __snapshot__=policy,
        cents=Aggregate(Integer, upcast=Upcast("pay", Numeric(10, 2), lambda pay: pay * 100)),
        role=Latest(String(40), upcast=Upcast("title", String(40))),
        hours=Latest(Integer, upcast=Upcast("minutes", Integer, lambda m: (m - m % 60) / 60)),
        rest=Latest(Integer, upcast=Upcast("minutes", Integer, lambda m: m % 60)),
        worked=Aggregate(Integer),
    )


def upcast(fields: Any) -> dict[str, Any]:
    """What the declaration says, in Python."""
    converted = {key: value for key, value in fields.items() if key == "worked"}
    if "pay" in fields:
        converted["cents"] = int(fields["pay"] * 100)
    if "title" in fields:
        converted["role"] = fields["title"]
    if "minutes" in fields:
        minutes = fields["minutes"]
        converted["hours"], converted["rest"] = (
            (None, None) if minutes is None else (minutes // 60, minutes % 60)
        )
    return converted


def logs(touches: dict[str, Any]) -> Any:
    event = st.builds(
        lambda context, fields, ends: NewEvent(context, {} if ends else fields, ends=ends),
        st.sampled_from("ab"),
        st.fixed_dictionaries({}, optional=touches),
        st.sampled_from([False] * 9 + [True]),
    )
    return st.lists(event, min_size=5, max_size=20)


OLD = logs(
    {
        "pay": st.decimals("-99.99", "99.99", places=2),
        "title": st.none() | st.text("abé", max_size=5),
        "minutes": st.none() | st.integers(0, 200),
        "worked": st.integers(-3, 3),
    }
)
NEW = logs(
    {
        "cents": st.integers(-9999, 9999),
        "role": st.none() | st.text("abé", max_size=5),
        "rest": st.none() | st.integers(0, 59),
        "worked": st.integers(-3, 3),
    }
)


def content(stored: Any, model: Any) -> Any:
    """Histories, and the state at every seq."""
    names = list(model.__osiris__.by_key)
    histories = {c: [(e.seq, dict(e.fields), e.ends) for e in stored.history(c)] for c in "ab"}
    states = {
        (c, seq): None if state is None else {name: getattr(state, name) for name in names}
        for c, events in histories.items()
        for seq, *_ in events
        for state in [stored.state(c, at=seq)]
    }
    return histories, states


@pytest.mark.parametrize("policy", [Inline(), Every(3)], ids=["inline", "every"])
def test_events_of_before_are_read_as_if_they_were_of_now(project, policy):
    engine, old, new = project.engine, before(policy), after(policy)
    project.migrate("create", old)
    text = project.revise("upcast", new)
    upgrade, _ = text.split("def downgrade")
    assert "drop_field" not in upgrade
    assert "# The events of pay stay, and are read by an upcast." in upgrade

    # Migrations there and back for each: to make an example smaller takes many. The first one is the smallest there is.
    @settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
    @given(OLD, NEW)
    def law(first, then):
        repository(old, engine).append_many(first)
        repository(old, engine).snapshots()
        recorded = list(repository(old, engine).feed())
        known = content(repository(old, engine), old)

        project.upgrade()
        stored, reference = repository(new, engine), repository(new, "memory://")
        reference.append_many(NewEvent(e.context, upcast(e.fields), ends=e.ends) for e in recorded)
        assert content(stored, new) == content(reference, new)
        project.downgrade("-1")
        assert content(repository(old, engine), old) == known
        project.upgrade()

        for each in (stored, reference):
            each.append_many(then)
        assert content(stored, new) == content(reference, new)
        stored.snapshots()
        assert stored.verify()
        stored.archive(before=datetime.now(UTC) + timedelta(days=1))
        assert content(stored, new) == content(reference, new)
        assert in_order(stored.feed()) == in_order(reference.feed())
        project.downgrade("-1")

    law()
    project.upgrade()
    project.check(new)


def in_order(events: Any) -> Any:
    return sorted((event.context, event.seq, dict(event.fields)) for event in events)


@pytest.fixture
def upgraded(engine: Engine) -> Any:
    """A model with events of both versions."""
    old, new = before(Every(100)), after(Every(100))
    old.metadata.create_all(engine)
    repository(old, engine).append("bob", pay=Decimal("1.16"), title="VP", minutes=61)
    repository(old, engine).append("bob", pay=Decimal("0.10"), title=None)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for name, type_ in {"cents": Integer, "role": String(40), "hours": Integer, "rest": Integer}.items():
            column = Column(name, type_()) if isinstance(type_, type) else Column(name, type_)
            state = [Column(name, each.type) for each in new.__osiris__.heads.c if each.name == name]
            osiris.add_field("employee", column, state=state, archive=True)
    repository(new, engine).append("bob", cents=1, hours=2)
    repository(new, engine).append("eve", cents=-5, role="CEO")
    return new


def test_queries_compare_what_events_of_before_say_now(upgraded, engine):
    with Session(engine) as session:
        bob = session.scalars(select(upgraded).where(upgraded.cents > 100)).one()
        assert (bob.id, bob.cents, bob.role, bob.hours, bob.rest) == ("bob", 127, None, 2, 1)
        past = as_of(upgraded, 1)
        assert session.scalars(select(past.role).where(past.cents == 116)).all() == ["VP"]
        by_role = grouped_by(upgraded, upgraded.Event.role)
        assert dict(session.execute(select(by_role.role, by_role.cents)).all()) == {"VP": 116, "CEO": -5}


def test_an_event_stays_what_was_recorded(upgraded, engine):
    with Session(engine) as session:
        first = session.scalars(
            select(upgraded.Event).where(upgraded.Event.seq == 1, upgraded.Event.id == "bob")
        ).one()
        assert (first.earlier_pay, first.cents) == (Decimal("1.16"), None)


def test_a_redaction_takes_the_earlier_value_out(upgraded, engine):
    stored = repository(upgraded, engine)
    assert stored.redact("bob", 1, "cents", reason="asked for")
    assert "cents" not in next(stored.history("bob")).fields
    assert stored.state("bob").cents == 11
    assert stored.verify()
    with engine.connect() as connection:
        assert Decimal("1.16") not in connection.scalars(select(upgraded.Event.__table__.c.pay)).all()


def test_a_copy_holds_what_is_read(upgraded, engine, tmp_path):
    other = create_engine(f"sqlite:///{tmp_path / 'copy.db'}")
    upgraded.metadata.create_all(other)
    source, target = repository(upgraded, engine), repository(upgraded, other)
    assert copy(source, target) == 4
    assert in_order(source.feed()) == in_order(target.feed())
    with other.connect() as connection:
        assert set(connection.scalars(select(upgraded.Event.__table__.c.pay))) == {None}
    other.dispose()


def test_an_event_id_of_before_is_known(upgraded, engine):
    event_id = uuid4()
    old = before(Every(100))
    repository(old, engine).append("old", pay=Decimal(3), event_id=event_id)
    event = repository(upgraded, engine).append("old", cents=1, event_id=event_id)
    assert dict(event.fields) == {"cents": 300}


WRONG = {
    "no Upcast": ({"upcast": "pay"}, "'pay' is no Upcast"),
    "of values": ({"upcast": Upcast("pay", Integer, int)}, "cannot be made an SQL expression"),
    "no expression": (
        {"upcast": Upcast("pay", Integer, lambda pay: 3)},
        "gives 3, which is no SQL expression",
    ),
    "itself": ({"upcast": Upcast("cents", Integer)}, "which is a field's own still"),
    "encrypted": ({"upcast": Upcast("pay", Encrypted(Integer))}, "cannot read or write encrypted values"),
    "a taken name": ({"upcast": Upcast("seq", Integer)}, "the name is taken"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_upcast_is_refused_in_words(wrong):
    options, message = WRONG[wrong]
    with pytest.raises(DeclarationError, match=message):
        employee(cents=Aggregate(Integer, **options))


def test_another_upcast_is_another_fingerprint():
    models = [
        employee(cents=Aggregate(Integer, upcast=Upcast("pay", Integer, lambda pay, by=by: pay * by)))
        for by in (100, 100, 1000)
    ]
    first, same, other = (model.__osiris__.fingerprint for model in models)
    assert first == same != other


def test_a_store_of_documents_refuses_an_upcast():
    model = employee(cents=Aggregate(Integer, upcast=Upcast("pay", Integer)))
    refusal = "cents reads the column pay by an upcast, which is SQL and not for "
    client = MongoClient[dict[str, Any]]("mongodb://localhost:1", connect=False)
    with client, pytest.raises(FoldUnavailable, match=refusal + "MongoDB"):
        repository(model, client.hr)
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    resource = boto3.resource("dynamodb", region_name="local", endpoint_url="http://localhost:1", **keys)
    with pytest.raises(FoldUnavailable, match=refusal + "DynamoDB"):
        repository(model, resource)
