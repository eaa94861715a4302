"""The law of migrations: whatever the log, no history and no state changes, there and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sqla_osiris import repository
from sqla_osiris.testing import events
from tests.migrations.project import Project


def stays_equal(project: Project, old, new, *, only=None, **renamed: str):
    """Whatever the log, the migration between the models changes no history and no state, there and back.

    ``only`` are the fields of which it promises that, all if not given; the others are lost.
    """
    engine = project.engine
    names = only or list(old.__osiris__.by_key)
    after = {renamed.get(name, name) for name in names}

    # A migration there and back for each: to make an example smaller takes many.
    @settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
    @given(st.lists(events(old), min_size=5, max_size=25))
    def law(log):
        fill(old, engine, log)
        known = content(old, engine, names)
        expected = content(old, engine, names, **renamed)
        project.upgrade()
        assert content(new, engine, after) == expected
        assert repository(new, engine).verify()
        archive(new, engine)
        project.downgrade("-1")
        assert content(old, engine, names) == known

    law()
    project.upgrade()
    project.check(new)


def fill(model, engine, log):
    """Append these events, take snapshots, and have some of them archived where the model has an archive."""
    stored, middle = repository(model, engine), len(log) // 2
    stored.append_many(log[:middle])
    archive(model, engine)
    stored.append_many(log[middle:])
    stored.snapshots()


def archive(model, engine):
    """Archive all events, where the model has an archive."""
    if model.__osiris__.archive is not None:
        repository(model, engine).snapshots()
        repository(model, engine).archive(before=datetime.now(UTC) + timedelta(days=1))


def content(model, engine, fields=None, **renamed: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every state and every history, of these fields alone, by the names after a renaming."""
    stored = repository(model, engine)
    fields = fields or model.__osiris__.by_key
    states, histories = {}, {}
    for state in stored.states():
        states[state.id] = {renamed.get(name, name): getattr(state, name) for name in fields}
        histories[state.id] = [event_content(event, fields, renamed) for event in stored.history(state.id)]
    return states, histories


def event_content(event, fields, renamed) -> tuple[Any, ...]:
    touches = {renamed.get(name, name): touch for name, touch in event.fields.items() if name in fields}
    rest = (event.recorded_at, event.event_id, event.event_type, event.event_meta, event.ends)
    return event.seq, event.position, touches, *rest


def stale(model, engine) -> int:
    """How many heads are not folded by this version of the model."""
    heads = model.Snapshot.__table__
    with engine.connect() as connection:
        found = connection.scalars(select(heads.c.osiris_fingerprint)).all()
    return sum(each != model.__osiris__.fingerprint for each in found)
