"""An encrypted value opens where it was written, and nowhere else; what was written before that held is rewritten."""

import base64
import logging
import os
import threading
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Date, DateTime, Integer, String, Uuid, create_engine, event, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Context,
    Encrypted,
    EventSourced,
    Every,
    First,
    Inline,
    InvalidValue,
    Latest,
    MemoryRepository,
    Never,
    NewEvent,
    OsirisError,
    SQLRepository,
    Subscription,
    as_of,
    copy,
    repository,
)
from sqla_osiris.databases import base, postgresql
from sqla_osiris.keeping import resealing
from sqla_osiris.types.encrypted import Sealed
from tests.repositories.races import once_it_has_read, somebody_else

MASTER = b"m" * 32
SECRET = "told in confidence"  # noqa: S105  (a value)


class Base(DeclarativeBase):
    pass


class Declared:
    __archive__ = True
    id = Context(String(40))
    note = Latest(Encrypted(String(200), master_key=MASTER))
    place = Latest(Encrypted(String(200), master_key=MASTER))
    first = Aggregate(Encrypted(Date, master_key=MASTER), reducer=First())
    visits = Aggregate(Integer)


class InlinePlaced(EventSourced, Declared, Base):
    __snapshot__ = Inline()
    __append_only__ = True


class EveryPlaced(EventSourced, Declared, Base):
    __snapshot__ = Every(2)


class NeverPlaced(EventSourced, Declared, Base):
    __snapshot__ = Never()


class Other(EventSourced, Declared, Base):
    """Another model, with the same contexts, fields and master key."""

    __tablename__ = "other_placed"


MODELS = [InlinePlaced, EveryPlaced, NeverPlaced]


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def patients(request, sql):
    return sql(request.param)


def table_of(model):
    return model.__osiris__.events


def columns_of(engine, model, context, seq, *names):
    table = table_of(model)
    with engine.connect() as connection:
        here = (table.c.id == context, table.c.seq == seq)
        return connection.execute(select(*(table.c[name] for name in names)).where(*here)).one()


def put(engine, model, context, seq, **values):
    """Write past the library, as somebody does who has the database and not the application."""
    from sqla_osiris.keeping.triggers import unlocked  # noqa: PLC0415

    table = table_of(model)
    with engine.begin() as connection, unlocked(connection, model.__osiris__):
        connection.execute(update(table).where(table.c.id == context, table.c.seq == seq).values(values))


def key_of(engine, model, context):
    keys = model.__osiris__.keys
    with engine.connect() as connection:
        return connection.scalar(select(keys.c.key).where(keys.c.id == context))


def put_key(engine, model, context, key):
    keys = model.__osiris__.keys
    with engine.begin() as connection:
        connection.execute(update(keys).where(keys.c.id == context).values(key=key))


def refuses(call):
    with pytest.raises(OsirisError, match="does not open"):
        call()


def test_another_fields_value_does_not_open(patients, engine):
    patients.append("a", note="a note", place="a place")
    (place,) = columns_of(engine, patients.model, "a", 1, "place")
    put(engine, patients.model, "a", 1, note=place)
    refuses(lambda: list(patients.history("a")))
    refuses(patients.feed)


def test_another_events_value_does_not_open(patients, engine):
    patients.append_many(NewEvent("a", {"note": note}) for note in ("old", "new"))
    (old,) = columns_of(engine, patients.model, "a", 1, "note")
    put(engine, patients.model, "a", 2, note=old)
    refuses(lambda: list(patients.history("a")))
    refuses(patients.feed)


def test_a_value_that_is_made_to_say_another_events_seq_does_not_open(patients, engine):
    patients.append_many(NewEvent("a", {"note": note}) for note in ("old", "new"))
    (old,) = columns_of(engine, patients.model, "a", 1, "note")
    assert old.startswith("e2:1:")
    put(engine, patients.model, "a", 2, note=Sealed(f"e2:2:{old.removeprefix('e2:1:')}"))
    refuses(lambda: list(patients.history("a")))
    refuses(patients.feed)


def test_another_models_value_does_not_open(patients, sql, engine):
    others = sql(Other)
    for each in (patients, others):
        each.append("a", note=SECRET)
    (note,) = columns_of(engine, Other, "a", 1, "note")
    put(engine, patients.model, "a", 1, note=note)
    put_key(engine, patients.model, "a", key_of(engine, Other, "a"))
    refuses(lambda: list(patients.history("a")))


@pytest.mark.parametrize("erased", [True, False])
def test_another_streams_value_and_key_do_not_open(patients, engine, erased):
    patients.append("theirs", note=SECRET)
    patients.append("mine", note="mine")
    (note,) = columns_of(engine, patients.model, "theirs", 1, "note")
    key = key_of(engine, patients.model, "theirs")
    if erased:
        patients.erase("theirs")
    put(engine, patients.model, "mine", 1, note=note)
    refuses(lambda: list(patients.history("mine")))
    put_key(engine, patients.model, "mine", key)
    refuses(lambda: list(patients.history("mine")))
    refuses(lambda: patients.append("mine", note="more"))


def test_a_snapshots_value_of_another_stream_does_not_open(sql, engine):
    patients = sql(InlinePlaced)
    for context in ("theirs", "mine"):
        patients.append(context, note=SECRET, place=f"place of {context}")
    heads, keys = InlinePlaced.__osiris__.heads, InlinePlaced.__osiris__.keys
    with engine.begin() as connection:
        stolen = connection.execute(select(heads.c.note, heads.c.place).where(heads.c.id == "theirs")).one()
        key = connection.scalar(select(keys.c.key).where(keys.c.id == "theirs"))
        connection.execute(update(heads).where(heads.c.id == "mine").values(note=stolen.place))
    refuses(lambda: patients.state("mine"))
    with engine.begin() as connection:
        connection.execute(update(heads).where(heads.c.id == "mine").values(note=stolen.note))
        connection.execute(update(keys).where(keys.c.id == "mine").values(key=key))
    refuses(lambda: patients.state("mine"))
    with Session(engine) as session:
        refuses(lambda: session.execute(select(InlinePlaced.note).where(InlinePlaced.id == "mine")).all())


def test_values_open_where_they_were_written_whatever_moves_them(patients, engine):
    for n in range(4):
        patients.append(
            "a", note=f"note {n}", place=None if n % 2 else f"place {n}", first=date(2026, 1, n + 1)
        )
    patients.append_many(NewEvent("a", {"note": f"note {n}"}) for n in range(4, 8))
    patients.snapshot("a")
    patients.archive(keep=1)
    patients.redact("a", 8, "note", reason="asked")
    with Session(engine) as session:
        state = session.get(patients.model, "a")
        assert (state.note, state.place, state.first) == ("note 6", None, date(2026, 1, 1))
        state.note = "by a session"
        session.add(patients.model(id="b", note="new"))
        session.commit()
        assert session.get(patients.model, "b").note == "new"
        past = as_of(patients.model, 3)
        assert session.scalars(select(past.place).where(past.id == "a")).all() == ["place 2"]
    patients.restore()
    notes = [each.fields.get("note") for each in patients.history("a")]
    assert notes == [*(f"note {n}" for n in range(7)), None, None, "by a session"]
    assert patients.verify()


@pytest.mark.parametrize("size", [1, 2])
def test_many_contexts_are_asked_for_some_at_a_time(patients, monkeypatch, size):
    monkeypatch.setattr(base, "CONTEXTS_A_STATEMENT", size)
    monkeypatch.setattr(postgresql, "CONTEXTS_AN_ARRAY", size)
    for round_ in range(3):
        patients.append_many(NewEvent(context, {"note": f"{context} {round_}"}) for context in "abcde")
    assert [each.fields["note"] for each in patients.feed()][-5:] == [f"{context} 2" for context in "abcde"]
    assert [each.fields["note"] for each in patients.history("c")] == ["c 0", "c 1", "c 2"]


def somebody_begins(engine, patients, context):
    """Have another writer's event come right before the first one of this context. SQLite has one writer at a time."""
    waiting = [] if engine.name == "sqlite" else [NewEvent(context, {"visits": 1})]

    @event.listens_for(engine, "before_cursor_execute")
    def begin(_connection, _cursor, statement, *_):
        if waiting and "_snapshot" in statement and "INSERT INTO" in statement:
            other = threading.Thread(target=patients.append_many, args=([waiting.pop()],))
            other.start()
            other.join()

    return [{"visits": 1}] if waiting else []


@pytest.mark.parametrize("call", ["append", "append_many", "flush"])
def test_a_first_event_that_comes_second_is_bound_to_its_own_seq(patients, engine, call):
    before = somebody_begins(engine, patients, "a")
    notes = ["note 0", "note 1", "note 2"] if call == "append_many" else ["note 0"]
    if call == "append":
        patients.append("a", note="note 0")
    elif call == "append_many":
        assert patients.append_many(NewEvent("a", {"note": note}) for note in notes) == 3
    else:
        with Session(engine) as session:
            SQLRepository(patients.model, session).append("a", note="note 0")
            session.commit()
    assert [each.fields for each in patients.history("a")] == [*before, *({"note": note} for note in notes)]
    assert patients.state("a").note == notes[-1]
    assert patients.verify()


def test_a_value_of_a_renamed_field_opens_where_it_is_said_to_be_written():
    written = Encrypted(String(200), master_key=MASTER).of_column("patient", "note")
    key = written.unwrapped(written.new_key("a"), "a")
    value = written.sealed(SECRET, key, 1)
    renamed = Encrypted(String(200), master_key=MASTER).of_column("patient", "remark")
    with pytest.raises(OsirisError, match=r'bound_as="patient.remark"'):
        renamed.opened(value, key)
    told = Encrypted(String(200), master_key=MASTER, bound_as="patient.note").of_column("patient", "remark")
    assert told.opened(value, key) == SECRET


CONTEXTS = {
    "text": (String(20), "~a~1|ä"),
    "integer": (Integer, -5),
    "uuid": (Uuid, UUID(int=5)),
    "date": (Date, date(2026, 1, 2)),
    "moment": (DateTime(timezone=True), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
}


@pytest.mark.parametrize("kind", CONTEXTS)
def test_a_context_of_any_type_has_one_text(engine, kind):
    type_, context = CONTEXTS[kind]
    base = type("Base", (DeclarativeBase,), {})

    class OfAnyContext(EventSourced, base):
        __tablename__ = "of_any_context"
        id = Context(type_)
        part = Context(String(20))
        note = Latest(Encrypted(String(200), master_key=MASTER))

    notes = SQLRepository(OfAnyContext, engine)
    notes.create()
    key = (context, "~1|")
    notes.append(key, note=SECRET)
    if engine.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET timezone = 'Asia/Tokyo'")
        engine.dispose()
    assert notes.state(key).note == SECRET
    notes.append(key, note="again")
    assert [each.fields["note"] for each in notes.history(key)] == [SECRET, "again"]


# The first format


def sealed_at_first(plain: str, key: bytes) -> str:
    nonce = os.urandom(12)
    return "e1:" + base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain.encode(), None)).decode()


def key_at_first(key: bytes) -> str:
    nonce = os.urandom(12)
    return "w1:" + base64.b64encode(nonce + AESGCM(MASTER).encrypt(nonce, key, None)).decode()


@pytest.fixture
def old(patients, engine):
    """A log as it was written before values were bound to their places, partly archived."""
    log, key = patients.model.__osiris__, os.urandom(32)
    for n in range(1, 5):
        patients.append("a", note="x", visits=n)
    with engine.begin() as connection:
        connection.execute(update(log.keys).values(key=key_at_first(key)))
        sealed = {n: Sealed(sealed_at_first(f'"note {n}"', key)) for n in range(1, 5)}
        if "note" in log.heads.c:
            connection.execute(update(log.heads).values(note=sealed[4]))
    for n, value in sealed.items():
        put(engine, patients.model, "a", n, note=value)
    patients.snapshot("a")
    patients.archive(keep=2)
    return patients


NOTES = [f"note {n}" for n in range(1, 5)]


def held(engine, model):
    log = model.__osiris__
    with engine.connect() as connection:
        tables = [*log.event_tables, *([log.heads] if "note" in log.heads.c else [])]
        return [note for table in tables for note in connection.scalars(select(table.c.note)) if note]


def test_values_of_the_first_format_are_read_and_written_on(old, engine):
    assert [each.fields["note"] for each in old.history("a")] == NOTES
    assert old.state("a").note == "note 4"
    old.append("a", note="note 5")
    assert [each.fields["note"] for each in old.history("a")] == [*NOTES, "note 5"]
    assert old.state("a", at=2).note == "note 2"
    assert old.verify()


def test_values_of_the_first_format_are_rewritten_in_place(old, engine):
    stale = columns_of(engine, old.model, "a", 4, "note")[0]
    key = key_of(engine, old.model, "a")
    assert old.rewrite_encrypted() == 4
    assert old.rewrite_encrypted() == 0
    assert {note[:3] for note in held(engine, old.model)} == {"e2:"}
    assert key_of(engine, old.model, "a").startswith("w2:")
    assert [each.fields["note"] for each in old.history("a")] == NOTES
    assert old.state("a").note == "note 4"
    assert old.verify()
    put(engine, old.model, "a", 4, note=stale)
    refuses(lambda: list(old.history("a")))
    assert key != key_of(engine, old.model, "a")


def test_many_streams_are_rewritten_some_at_a_time(sql, engine, monkeypatch):
    monkeypatch.setattr(resealing, "_CONTEXTS_A_QUERY", 2)
    patients, key = sql(NeverPlaced), os.urandom(32)
    patients.append_many(NewEvent(context, {"note": "x"}) for context in "abcde")
    for context in "abcde":
        put_key(engine, NeverPlaced, context, key_at_first(key))
        put(engine, NeverPlaced, context, 1, note=Sealed(sealed_at_first(f'"of {context}"', key)))

    assert patients.rewrite_encrypted() == 5
    assert {note[:3] for note in held(engine, NeverPlaced)} == {"e2:"}
    assert [state.note for state in patients.states("abcde")] == [f"of {context}" for context in "abcde"]


@pytest.mark.parametrize("patients", [NeverPlaced], indirect=True)
def test_nothing_is_redacted_between_the_read_of_a_value_and_its_rewriting(old, engine):
    """The rewriting would store again what the redaction takes out."""
    done = []
    with somebody_else(engine) as other:
        redacting = SQLRepository(NeverPlaced, other)
        once_it_has_read(
            engine,
            table_of(NeverPlaced).name,
            lambda: done.append(redacting.redact("a", 4, "note", reason="asked")),
        )
        assert old.rewrite_encrypted() == 4

    assert done == []  # it was kept waiting, and gave up
    old.redact("a", 4, "note", reason="asked")
    assert [each.fields.get("note") for each in old.history("a")] == [*NOTES[:3], None, None]


def test_a_rewriting_leaves_other_logs_alone(sql):
    patients = sql(EveryPlaced)
    patients.append("a", note=SECRET)
    assert patients.rewrite_encrypted() == 0


# What is said of them


@pytest.mark.parametrize("value", [SECRET, SECRET.encode(), [SECRET], 5, float("nan")], ids=repr)
def test_a_refusal_does_not_quote_the_value(patients, engine, value):
    def said(call):
        with pytest.raises(InvalidValue) as refused:
            call()
        error = refused.value
        assert error.__cause__ is None
        return str(error)

    texts = [
        said(lambda: patients.append("a", first=value)),
        said(lambda: patients.append_many([NewEvent("a", {"first": value})])),
    ]
    with Session(engine) as session:
        session.add(patients.model(id="a", first=value))
        texts.append(said(session.commit))
    assert all(repr(value) not in text and SECRET not in text and ".first" in text for text in texts)


def test_a_copy_that_finds_another_stream_does_not_quote_the_value(sql):
    source, target = sql(InlinePlaced), repository(InlinePlaced, "memory://")
    source.append("a", note=SECRET, visits=1)
    target.append("a", note="mine", visits=1)
    with pytest.raises(OsirisError, match="another stream") as refused:
        copy(source, target)
    assert SECRET not in str(refused.value)
    assert "mine" not in str(refused.value)


def test_a_value_that_passes_the_models_by_is_not_quoted(sql, engine):
    sql(InlinePlaced)
    with pytest.raises(Exception, match="encrypted field") as refused, engine.begin() as connection:
        connection.execute(insert(table_of(InlinePlaced)).values(id="a", seq=1, note=SECRET))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", [None, "clinic"])
def test_the_log_of_rows_does_not_show_the_value(sql, engine, caplog, name):
    sql(InlinePlaced).append("a", note=SECRET, visits=7)
    loud = create_engine(engine.url, logging_name=name)
    with caplog.at_level(logging.DEBUG, "sqlalchemy.engine"), Session(loud) as session:
        found = session.execute(select(InlinePlaced.id, InlinePlaced.note, InlinePlaced.visits)).all()
        assert session.get(InlinePlaced, "a").note == SECRET
        assert repository(InlinePlaced, loud).state("a", at=1).note == SECRET
    loud.dispose()
    assert found == [("a", SECRET, 7)]
    assert SECRET not in caplog.text
    assert "Row ('a', '(encrypted)', 7)" in caplog.text


def test_a_state_that_differs_after_a_copy_is_not_quoted(sql):
    class Forgetful(MemoryRepository):
        def states(self, *asked):
            for state in super().states(*asked):
                state.note = "another secret"
                yield state

    source = sql(NeverPlaced)
    source.append("a", note=SECRET)
    with pytest.raises(OsirisError, match=r"'a'.note is another value in the target \(not shown") as told:
        copy(source, Forgetful(NeverPlaced))
    assert "secret" not in str(told.value)
    assert SECRET not in str(told.value)


def test_what_a_handlers_error_says_of_an_encrypted_model_is_not_kept():
    patients = MemoryRepository(NeverPlaced)
    patients.append("a", note=SECRET)

    def handle(event, _):
        raise ValueError(event.fields["note"])

    worker = Subscription(patients, "mail", handle, attempts=1)
    worker.run()
    (parked,) = worker.parked()
    assert parked.error.startswith("ValueError (what it says is not kept")
    assert SECRET not in parked.error
