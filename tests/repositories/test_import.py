"""import_events() takes nothing of a file that has a line that append() would refuse, or an event out of its place."""

import io
import json
import os
import threading
from datetime import UTC, datetime
from hashlib import blake2b

import pytest
from sqlalchemy import Integer, String, TypeDecorator

from sqla_osiris import (
    Aggregate,
    Context,
    Encrypted,
    EventSourced,
    Latest,
    MemoryRepository,
    NewEvent,
    OsirisError,
    export_events,
    import_events,
)
from sqla_osiris.repositories import export_lines, exporting

HEAD = {"sqla_osiris": 2, "model": "Imported", "field_names": ["balance"]}


class Imported(EventSourced):
    __tablename__ = "imported"
    id = Context(String(20))
    balance = Aggregate(Integer)
    name = Latest(String(20))


class Growing(TypeDecorator):
    """Gives another value back each time that it is stored."""

    impl = String(20)
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value and f"{value}!"


class Announced(EventSourced):
    __tablename__ = "announced_import"
    id = Context(String(20))
    news = Latest(Growing)


class Confided(EventSourced):
    __tablename__ = "confided_import"
    id = Context(String(20))
    note = Latest(Encrypted(String(20)))


def line(seq=1, context="a", **parts):
    recorded = {"recorded_at": "2026-01-01T00:00:00+00:00", "fields": {"balance": 1}}
    return {"context": [context], "seq": seq} | recorded | parts


def erased(context):
    return {"context": [context], "erased": True}


def file(*lines, head=HEAD, end=None):
    """A file as export_events() writes it: its digest is right."""
    texts = [each if isinstance(each, str) else json.dumps(each) + "\n" for each in lines]
    counted = {"events": len(texts), "digest": blake2b("".join(texts).encode(), digest_size=16).hexdigest()}
    return io.StringIO("".join([json.dumps(head) + "\n", *texts, json.dumps(end or counted) + "\n"]))


class Pipe(io.StringIO):
    def seekable(self):
        return False


@pytest.fixture
def accounts(opens):
    return opens(Imported)


BAD_LINES = {
    "seq null": line(None),
    "seq a fraction": line(1.5),
    "seq true": line(True),
    "seq 0": line(0),
    "seq missing": {key: part for key, part in line().items() if key != "seq"},
    "fields a list": line(fields=["balance"]),
    "fields null": line(fields=None),
    "a field unknown": line(fields={"colour": 1}),
    "a touch of another type": line(fields={"balance": "1"}),
    "a touch too great": line(fields={"balance": 2**40}),
    "text too long": line(fields={"name": "x" * 21}),
    "half a surrogate pair": line(fields={"name": "\ud800"}),
    "metadata a list": line(event_meta=[1]),
    "metadata a text": line(event_meta="x"),
    "a type that is a number": line(event_type=5),
    "a type too long": line(event_type="x" * 256),
    "an id that is none": line(event_id="x"),
    "an id that is a number": line(event_id=5),
    "ends a number": line(ends=1),
    "an end with touches": line(ends=True),
    "a time that is none": line(recorded_at="never"),
    "a time that is a number": line(recorded_at=5),
    "a time without offset": line(recorded_at="2026-01-01T00:00:00"),
    "a context that is a text": line() | {"context": "a"},
    "a context of two parts": line() | {"context": ["a", "b"]},
    "a context of null": line() | {"context": [None]},
    "a context of another type": line() | {"context": [1]},
    "a part that nobody knows": line(colour=1),
    "an erased stream with a seq": line() | {"erased": True},
    "a list": [1],
    "no JSON": "{\n",
    "NaN": json.dumps(line(event_meta={"x": float("nan")})) + "\n",
    "an integer of 5,000 digits": '{"context":["a"],"seq":' + "1" * 5_000 + "}\n",
    "nested without end": '{"context":' + "[" * 100_000 + "]" * 100_000 + "}\n",
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES)
def test_a_line_that_append_would_refuse_is_refused_by_its_number(bad):
    accounts = MemoryRepository(Imported)
    with pytest.raises(OsirisError, match=r"^line 3 "):
        import_events(accounts, file(line(context="b"), bad))
    assert accounts.feed() == []


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    "lines",
    [
        (line(5), line(9)),
        (line(1), line(1)),
        (line(2), line(1)),
        (line(1), line(2), line(4)),
        (line(1), erased("a")),
        (erased("a"), line(1)),
        (erased("a"), erased("a")),
    ],
    ids=[
        "a gap at first",
        "twice the same",
        "backwards",
        "a gap",
        "erased with events",
        "events of an erased",
        "erased twice",
    ],
)
def test_events_out_of_their_place_are_refused(accounts, lines):
    with pytest.raises(OsirisError, match=r"^line [234]: 'a' is"):
        import_events(accounts, file(*lines))
    assert list(accounts.history("a")) == []


def test_the_same_event_id_twice_in_a_stream_is_refused(accounts):
    identity = {"event_id": "00000000-0000-0000-0000-000000000001"}
    with pytest.raises(OsirisError, match=r"line 3: the event_id .* is there twice"):
        import_events(accounts, file(line(1, **identity), line(2, **identity)))
    assert import_events(accounts, file(line(1, **identity), line(1, "b", **identity))) == 2


@pytest.mark.parametrize("given", [io.StringIO, Pipe], ids=["file", "pipe"])
def test_a_bad_line_far_down_leaves_nothing_of_the_file(accounts, given):
    lines = [*map(line, range(1, 10_001)), line(10_001, recorded_at="never")]
    with pytest.raises(OsirisError, match="line 10002"):
        import_events(accounts, given(file(*lines).getvalue()))
    assert accounts.state("a") is None


@pytest.mark.parametrize(
    "head",
    [
        {"sqla_osiris": 1},
        {"sqla_osiris": 3, "model": "Imported"},
        {"sqla_osiris": [1], "model": "Imported"},
        {"model": "Imported"},
        {"sqla_osiris": 2, "model": "Other"},
        [1],
    ],
)
def test_a_first_line_of_another_file_is_refused_in_words(head):
    with pytest.raises(OsirisError, match=r"no export|events of Other"):
        import_events(MemoryRepository(Imported), file(line(), head=head))


@pytest.mark.parametrize(
    "end", [{"digest": "x"}, {"events": 1}, {"events": "1", "digest": "x"}, {"events": True}]
)
def test_a_last_line_that_is_none_is_refused_in_words(end):
    accounts = MemoryRepository(Imported)
    with pytest.raises(OsirisError, match=r"cut off|changed"):
        import_events(accounts, file(line(), end=end))
    assert accounts.feed() == []


def test_a_line_without_end_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(export_lines, "LONGEST_LINE", 1_000)
    with pytest.raises(OsirisError, match="line 3 has more than 1000 characters"):
        import_events(MemoryRepository(Imported), file(line(), line(2, event_meta={"x": "y" * 1_000})))


def test_a_line_that_could_not_be_read_is_not_written(monkeypatch):
    monkeypatch.setattr(export_lines, "LONGEST_LINE", 1_000)
    accounts = MemoryRepository(Imported)
    accounts.append("a", event_meta={"x": "y" * 1_000})
    with pytest.raises(OsirisError, match="'a', seq 1: its line has"):
        export_events(accounts, io.StringIO())


def test_bytes_that_are_no_text_are_refused_in_words(tmp_path):
    (tmp_path / "log.jsonl").write_bytes(json.dumps(HEAD).encode() + b'\n{"context":["\xff"]}\n')
    with pytest.raises(OsirisError, match="no text in UTF-8"):
        import_events(MemoryRepository(Imported), tmp_path / "log.jsonl")


def test_a_file_of_the_first_version_is_read(accounts):
    """Its first line has the names under "fields", and moments of fields have no offset."""
    head = {"sqla_osiris": 1, "model": "Imported", "fields": ["balance", "name"]}
    assert import_events(accounts, file(line(1), line(2, ends=True, fields={}), head=head)) == 2
    assert [event.ends for event in accounts.history("a")] == [False, True]


def test_erased_streams_are_erased_where_they_are_imported(accounts):
    source = MemoryRepository(Imported)
    source.append_many(NewEvent(context, {"balance": 1}) for context in "abab")
    accounts.append_many(source.feed()[:1])
    source.erase("a")
    export_events(source, out := io.StringIO())
    out.seek(0)

    assert import_events(accounts, out) == 2
    assert list(accounts.history("a")) == []
    with pytest.raises(OsirisError, match="erased"):
        accounts.append("a", balance=1)
    out.seek(0)
    assert import_events(accounts, out) == 0


def test_a_file_that_was_not_finished_is_not_there(tmp_path):
    class Breaks(MemoryRepository):
        def feed(self, **asked):
            if asked["after"] is not None:
                raise ConnectionError
            return super().feed(**asked)

    accounts, path = Breaks(Imported), tmp_path / "log.jsonl"
    accounts.append("a", balance=1)
    path.write_text("of yesterday")
    with pytest.raises(ConnectionError):
        export_events(accounts, path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("log.jsonl", "of yesterday")]


def test_a_name_has_values_of_one_shape_in_all_lines():
    accounts = MemoryRepository(Imported)
    accounts.append("a", balance=1, event_meta={"by": "jane"})
    accounts.append("b", balance=1)
    accounts.erase("b")
    export_events(accounts, out := io.StringIO())
    shapes = {}
    for content in map(json.loads, out.getvalue().splitlines()):
        for name, value in content.items():
            shapes.setdefault(name, set()).add(type(value))
    assert [name for name, seen in shapes.items() if len(seen) > 1] == []


def test_a_moment_is_written_in_utc_with_its_offset():
    accounts = MemoryRepository(Imported, clock=lambda: datetime(2026, 1, 2, 3, tzinfo=UTC))
    accounts.append("a", balance=1)
    export_events(accounts, out := io.StringIO())
    assert json.loads(out.getvalue().splitlines()[1])["recorded_at"] == "2026-01-02T03:00:00+00:00"


def test_what_an_operating_systems_pipe_gives_is_imported(accounts):
    reading, writing = os.pipe()
    text = file(line(1), line(2)).getvalue()

    def write():
        with os.fdopen(writing, "w", encoding="utf-8") as end:
            end.write(text)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, encoding="utf-8") as pipe:
        assert import_events(accounts, pipe) == 2
    writer.join()


def test_an_export_is_read_from_where_its_file_stands(accounts):
    inside = io.StringIO("of yesterday\n" + file(line(1), line(2)).getvalue())
    inside.readline()
    assert import_events(accounts, inside) == 2


def test_a_stream_goes_on_from_page_to_page_of_a_file(accounts, monkeypatch):
    monkeypatch.setattr(exporting, "_EVENTS_A_PAGE", 2)
    lines = [line(seq, context) for seq in range(1, 5) for context in "abc"]

    with pytest.raises(OsirisError, match=r"^line 14: 'a' is at seq 6, expected was seq 5"):
        import_events(accounts, file(*lines, line(6)))
    assert import_events(accounts, file(*lines)) == 12
    assert [event.seq for event in accounts.history("b")] == [1, 2, 3, 4]


def test_an_event_id_that_came_pages_before_is_refused(accounts, monkeypatch):
    monkeypatch.setattr(exporting, "_EVENTS_A_PAGE", 2)
    identity = {"event_id": "00000000-0000-0000-0000-000000000001"}
    with pytest.raises(OsirisError, match=r"line 6: the event_id .* is there twice"):
        import_events(accounts, file(line(1, **identity), line(2), line(3), line(4), line(5, **identity)))
    assert list(accounts.history("a")) == []


def test_a_refused_line_of_a_model_with_encrypted_fields_is_not_quoted():
    confided = MemoryRepository(Confided)
    confided.append("a", note="a secret")
    export_events(confided, out := io.StringIO())
    head, *_ = out.getvalue().splitlines()
    bad = line(fields={"note": "a secret"}, event_type=5)
    with pytest.raises(OsirisError, match="line 2 is no event of Confided") as refusal:
        import_events(MemoryRepository(Confided), file(bad, head=json.loads(head)))
    assert "a secret" not in str(refusal.value)


def test_a_value_that_a_file_does_not_give_back_is_not_exported():
    announced = MemoryRepository(Announced)
    announced.append("a", news="hear")
    said = r"Announced.news is 'hear!', and a file gives 'hear!!' back \(context 'a', seq 1\)"
    with pytest.raises(OsirisError, match=said):
        export_events(announced, io.StringIO())
