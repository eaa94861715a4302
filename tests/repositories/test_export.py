"""export_events() and import_events(): a file of JSON lines holds a log exactly, and a damaged one is refused."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, String

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Latest,
    MemoryRepository,
    NewEvent,
    OsirisError,
    event_context,
    export_events,
    import_events,
)
from sqla_osiris.testing import events
from tests.repositories.models import EveryInPython, InlineEmployee, Plain, contents, values
from tests.stores.models import Typed


class Other(EventSourced):
    __tablename__ = "other_export"
    id = Context(String(40))
    pieces = Aggregate(Integer)
    name = Latest(String(40))


def log_of(repository):
    feed, after = [], None
    while page := repository.feed(after=after, limit=50):
        feed += page
        after = page[-1].position
    return contents(feed)


def exported(repository):
    file = io.StringIO()
    count = export_events(repository, file)
    file.seek(0)
    return file, count


@pytest.mark.parametrize("model", [Typed, EveryInPython, Plain])
@settings(max_examples=25)
@given(data=st.data())
def test_an_imported_log_is_the_exported_one(model, data):
    source, target = MemoryRepository(model), MemoryRepository(model)
    for event in data.draw(st.lists(events(model), max_size=12)):
        source.append_many([event])
    file, count = exported(source)

    with event_context(actor="whoever imports"):
        assert import_events(target, file) == count

    assert log_of(target) == log_of(source)
    types = [{k: type(v) for k, v in e[3].items()} for e in log_of(source)]
    assert [{k: type(v) for k, v in e[3].items()} for e in log_of(target)] == types
    assert [values(s) for s in target.states()] == [values(s) for s in source.states()]


def filled(repository):
    repository.append_many(
        NewEvent(
            f"e{n % 3}",
            {"overtime": n, "bonus": Decimal("0.10"), "company": None if n % 2 else 'ä\u2028"x'},
            event_id=UUID(int=n),
            event_type="made",
            event_meta={"n": [1.0, None, "x"]},
            recorded_at=datetime(2020, 1, 1, n, 0, 0, n, tzinfo=UTC),
        )
        for n in range(1, 10)
    )
    repository.append_many([NewEvent("e1", {}, ends=True, recorded_at=datetime(2020, 1, 2, tzinfo=UTC))])
    return repository


def test_between_databases_through_a_path_archived_events_too(sql, tmp_path):
    source, memory, again = (
        filled(sql(InlineEmployee)),
        MemoryRepository(InlineEmployee),
        MemoryRepository(InlineEmployee),
    )
    before = log_of(source)
    source.archive(keep=1)
    told = []

    assert export_events(source, tmp_path / "log.jsonl", progress=told.append) == 10
    assert told == [10]
    assert import_events(memory, str(tmp_path / "log.jsonl")) == 10
    assert sorted(log_of(memory), key=repr) == sorted(before, key=repr)

    source.erase("e0")
    export_events(source, tmp_path / "log.jsonl")
    import_events(again, tmp_path / "log.jsonl")
    assert {event[0] for event in log_of(again)} == {"e1", "e2"}


def test_an_import_goes_on_where_it_was_broken_off(sql):
    file, _ = exported(filled(MemoryRepository(InlineEmployee)))
    target = sql(InlineEmployee)
    target.append_many(
        NewEvent(e[0], e[3], event_id=e[4], event_type=e[5], event_meta=e[6], recorded_at=e[2])
        for e in log_of(filled(MemoryRepository(InlineEmployee)))[:4]
    )

    assert import_events(target, file) == 6
    file.seek(0)
    assert import_events(target, file) == 0
    assert log_of(target) == log_of(filled(MemoryRepository(InlineEmployee)))


def test_another_stream_of_the_same_context_is_refused():
    file, _ = exported(filled(MemoryRepository(InlineEmployee)))
    target = MemoryRepository(InlineEmployee)
    target.append("e1", overtime=99)

    with pytest.raises(OsirisError, match="another stream"):
        import_events(target, file)
    assert len(log_of(target)) == 1


def _without_last_line(text):
    return text[: text.rindex("\n", 0, -1) + 1]


def _swapped(text):
    first, second, third, *rest = text.splitlines(keepends=True)
    return "".join([first, third, second, *rest])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without_last_line, "cut off behind 9 events"),
        (lambda text: text[:-9], "cut off"),
        (lambda text: text.splitlines(keepends=True)[0], "cut off behind 0"),
        (lambda text: text.replace('"overtime":3', '"overtime":4'), "changed"),
        (_swapped, "changed"),
        (lambda text: "", "no export"),
        (lambda text: "salary,name\n1,2\n", "no export"),
        (lambda text: text.replace("InlineEmployee", "Other", 1), "events of Other"),
    ],
)
def test_a_damaged_file_is_refused_before_anything_is_appended(damage, said):
    file, _ = exported(filled(MemoryRepository(InlineEmployee)))
    target = MemoryRepository(InlineEmployee)

    with pytest.raises(OsirisError, match=said):
        import_events(target, io.StringIO(damage(file.getvalue())))
    assert log_of(target) == []


def test_a_pipe_is_checked_at_its_end():
    class Pipe(io.StringIO):
        def seekable(self):
            return False

    text = exported(filled(MemoryRepository(InlineEmployee)))[0].getvalue()
    target = MemoryRepository(InlineEmployee)
    with pytest.raises(OsirisError, match="cut off"):
        import_events(target, Pipe(_without_last_line(text)))
    assert import_events(MemoryRepository(InlineEmployee), Pipe(text)) == 10


def test_a_field_that_is_declared_no_more_is_told_with_its_line():
    source = MemoryRepository(Other)
    source.append("a", pieces=1, name="x")
    text = exported(source)[0].getvalue()
    target = MemoryRepository(Other)
    unknown = text.replace('"name":"x"', '"colour":"x"')
    lines = unknown.splitlines(keepends=True)
    from hashlib import blake2b  # noqa: PLC0415

    digest = blake2b(lines[1].encode(), digest_size=16).hexdigest()
    lines[2] = json.dumps({"events": 1, "digest": digest}) + "\n"

    with pytest.raises(OsirisError, match=r"line 2 .*'colour'"):
        import_events(target, io.StringIO("".join(lines)))


def test_a_binary_file_is_refused(tmp_path):
    with (tmp_path / "x").open("wb") as file, pytest.raises(OsirisError, match="as text"):
        export_events(MemoryRepository(Other), file)
