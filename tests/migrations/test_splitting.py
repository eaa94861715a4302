"""One field becomes several, and several become one: at every seq a state is the same function of the state before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer

from sqla_osiris import Aggregate, Latest, NewEvent, repository
from sqla_osiris import alembic as osiris
from tests.migrations.project import employee

KEEPS: dict[str, Any] = {"__append_only__": True}
WHOLE, PARTS = ["minutes"], ["hours", "rest"]
SPLIT = {"hours": "(minutes - minutes % 60) / 60", "rest": "nullif(minutes % 60, 0)"}
MERGED = "coalesce(hours, 0) * 60 + coalesce(rest, 0)"


def model(names, engine):
    archive = {"__archive__": True} if engine.dialect.name in {"sqlite", "postgresql"} else {}
    fields = {name: Latest(Integer) for name in names}
    return employee(**KEEPS, **archive, **fields, other=Aggregate(Integer))


def column(name):
    return sa.Column(name, sa.Integer())


def perform(engine, operation, *arguments, **options):
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        archive = engine.dialect.name in {"sqlite", "postgresql"}
        operation("employee", *arguments, key=["id"], archive=archive, **options)


def logs(names):
    numbers = st.none() | st.sampled_from([0, 1, 59, 60, 61, 125])
    touches = dict.fromkeys(names, numbers) | {"other": st.integers(-3, 3)}
    event = st.builds(
        lambda context, fields, ends: NewEvent(context, {} if ends else fields, ends=ends),
        st.sampled_from("ab"),
        st.fixed_dictionaries({}, optional=touches),
        st.sampled_from([False] * 9 + [True]),
    )
    return st.lists(event, min_size=3, max_size=20)


def states(of, engine, names):
    """What the fields were after every event of every stream."""
    stored = repository(of, engine)
    found = {}
    for context in "ab":
        for event in stored.history(context):
            state = stored.state(context, at=event.seq)
            found[context, event.seq] = (
                None if state is None else tuple(getattr(state, name) for name in names)
            )
    return found


def check(engine, names, into, operation, arguments, options, expected):
    old, new = model(names, engine), model(into, engine)

    @settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
    @given(logs(names))
    def law(log):
        old.metadata.drop_all(engine)
        old.metadata.create_all(engine)
        repository(old, engine).append_many(log)
        before = states(old, engine, names)
        perform(engine, operation, *arguments, **options)
        after = states(new, engine, into)
        assert after == {at: None if state is None else expected(*state) for at, state in before.items()}
        assert repository(new, engine).verify()

    law()


def test_split(engine):
    arguments = (column("minutes"), [column("hours"), column("rest")])

    def expected(minutes):
        return (None, None) if minutes is None else (minutes // 60, minutes % 60 or None)

    check(engine, WHOLE, PARTS, osiris.split_field, arguments, {"using": SPLIT}, expected)


def test_merge(engine):
    arguments = ([column("hours"), column("rest")], column("minutes"))

    def expected(hours, rest):
        return (None if hours is None and rest is None else (hours or 0) * 60 + (rest or 0),)

    using = f"CASE WHEN hours IS NULL AND rest IS NULL THEN NULL ELSE {MERGED} END"
    check(engine, PARTS, WHOLE, osiris.merge_fields, arguments, {"using": using}, expected)


def test_an_archived_value_is_merged_with_a_later_one(engine):
    old, new = model(PARTS, engine), model(WHOLE, engine)
    old.metadata.create_all(engine)
    stored = repository(old, engine)
    stored.append("bob", hours=2)
    if "archive" in stored.capabilities:
        assert stored.archive(before=datetime.now(UTC) + timedelta(days=1)) == 1
    stored.append("bob", rest=5)
    perform(engine, osiris.merge_fields, [column("hours"), column("rest")], column("minutes"), using=MERGED)
    assert [event.fields["minutes"] for event in repository(new, engine).history("bob")] == [120, 125]


def test_a_life_that_ended_is_not_merged_into_the_next_one(engine):
    old, new = model(PARTS, engine), model(WHOLE, engine)
    old.metadata.create_all(engine)
    events = [({"hours": 2, "rest": 5}, False), ({}, True), ({"rest": 1}, False)]
    repository(old, engine).append_many(NewEvent("a", fields, ends=ends) for fields, ends in events)

    perform(engine, osiris.merge_fields, [column(name) for name in PARTS], column("minutes"), using=MERGED)

    merged = repository(new, engine)
    assert [event.fields.get("minutes") for event in merged.history("a")] == [125, None, 1]
    assert merged.state("a").minutes == 1


def test_nothing_in_an_event_names_a_field_that_was_merged(engine):
    old, new = model(PARTS, engine), model(WHOLE, engine)
    old.metadata.create_all(engine)
    stored = repository(old, engine)
    stored.append("a", hours=1, rest=None)
    stored.append("a", hours=None)

    using = f"CASE WHEN hours IS NULL AND rest IS NULL THEN NULL ELSE {MERGED} END"
    perform(engine, osiris.merge_fields, [column(name) for name in PARTS], column("minutes"), using=using)

    events = new.Event.__table__.c
    with engine.connect() as connection:
        query = sa.select(events.minutes, events.osiris_cleared).order_by(events.seq)
        assert [tuple(row) for row in connection.execute(query)] == [(60, None), (None, ",minutes,")]
