"""Encrypted(...) fields: what the tables hold of them is unreadable, and stays so once the context's key is gone."""

import gc
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Date, ForeignKey, Integer, Numeric, String, cast, delete, func, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    AsyncSQLRepository,
    ConcurrentAppend,
    Context,
    ContextErased,
    DeclarationError,
    Encrypted,
    EventSourced,
    EventView,
    Every,
    First,
    FoldUnavailable,
    Inline,
    InvalidValue,
    Latest,
    MemoryRepository,
    Never,
    NewEvent,
    OsirisError,
    SQLRepository,
    Upcast,
    as_of,
    copy,
    diff,
    export_events,
    grouped_by,
    import_events,
    replay,
    repository,
    time_travel,
)
from sqla_osiris.testing import events

SECRET = "told in confidence"  # noqa: S105  (a value)
MASTER = secrets.token_bytes(32)


class Base(DeclarativeBase):
    pass


class Told:
    id = Context(String(40))
    name = Latest(String(40))
    note = Latest(Encrypted(String(200)))
    first = Aggregate(Encrypted(Numeric(12, 2)), reducer=First())
    details = Latest(Encrypted(JSON))
    born = Latest(Encrypted(Date))
    visits = Aggregate(Integer)


class InlinePatient(EventSourced, Told, Base):
    __snapshot__ = Inline()
    __archive__ = True


class EveryPatient(EventSourced, Told, Base):
    __snapshot__ = Every(2)
    __archive__ = True


class NeverPatient(EventSourced, Told, Base):
    __snapshot__ = Never()
    __archive__ = True


class Wrapped(EventSourced, Base):
    __archive__ = True
    ward = Context(Integer)
    bed = Context(String(10))
    note = Latest(Encrypted(String(200), master_key=lambda: MASTER))


def with_master_key(given):
    """The same model with another master key."""
    columns = {
        "ward": Context(Integer),
        "bed": Context(String(10)),
        "note": Latest(Encrypted(String(200), master_key=given)),
    }
    named = {"__tablename__": Wrapped.__tablename__, "__archive__": True}
    return type("Wrapped", (EventSourced, type("Base", (DeclarativeBase,), {})), {**columns, **named})


class ByName(EventView, of=InlinePatient, by="name"):
    visits = Aggregate(Integer)


MODELS = [InlinePatient, EveryPatient]

TOUCHES = [
    {"name": "Bob", "note": "first", "first": Decimal("1.50"), "visits": 1},
    {"note": SECRET, "details": {"a": [1, 1.0, SECRET]}, "born": date(1970, 1, 2)},
    {"first": Decimal("2.00"), "visits": 2},
]


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def patients(request, sql):
    return filled(sql(request.param))


def filled(patients):
    for fields in TOUCHES:
        patients.append("bob", **fields)
    patients.append("jane", note="hers")
    return patients


def values(state):
    return (state.name, state.note, state.first, state.details, state.born, state.visits, state.seq)


BOB = ("Bob", SECRET, Decimal("1.50"), {"a": [1, 1.0, SECRET]}, date(1970, 1, 2), 3, 3)


def held(engine, model, *, keys=False):
    """All that the model's tables hold, as texts."""
    log = model.__osiris__
    tables = [table for table in log.tables if keys or table is not log.keys]
    with engine.connect() as connection:
        columns = [select(cast(column, String(4000))) for table in tables for column in table.c]
        return str([connection.scalars(query).all() for query in columns])


def test_readers_get_the_values_and_the_tables_hold_none_of_them(patients, engine):
    model = patients.model
    assert values(patients.state("bob")) == BOB
    assert {state.id: state.note for state in patients.states()} == {"bob": SECRET, "jane": "hers"}
    assert [event.fields for event in patients.history("bob")] == TOUCHES
    assert [event.fields for event in patients.feed()] == [*TOUCHES, {"note": "hers"}]
    assert patients.state("bob", at=1).note == "first"
    assert dict(diff(patients, "bob", 1, 2))["note"] == ("first", SECRET)
    assert [each.state.note for each in replay(patients, "bob")] == ["first", SECRET, SECRET]
    with Session(engine) as session:
        assert values(session.get(model, "bob")) == BOB
        past = as_of(model, 1)
        query = select(past.note, model.note).join(model, model.id == past.id).where(model.id == "bob")
        assert session.execute(query).all() == [("first", SECRET)]
        assert session.scalars(select(model.id).where(model.born.is_not(None))).all() == ["bob"]
        moment = next(patients.history("bob")).recorded_at
    with Session(engine) as session, time_travel(session, moment):
        assert session.get(model, "bob").note == "first"

    assert SECRET not in held(engine, model)
    assert "1970-01-02" not in held(engine, model)


def test_the_unit_of_work_writes_them(sql, engine):
    patients, model = filled(sql(InlinePatient)), InlinePatient
    with Session(engine) as session:
        session.add_all([model(id="cid", note="new"), model(id="dan", visits=1)])
        bob = session.get(model, "bob")
        bob.note, bob.born = "changed", None
        session.commit()
        assert (bob.note, bob.born, bob.seq) == ("changed", None, 4)
        bob.note = "changed"
        session.commit()
        assert bob.seq == 4
        bob.details["a"] = 2
        session.commit()
        assert bob.seq == 5

    assert list(patients.history("bob", after=3))[1].fields == {"details": {"a": 2}}
    assert patients.state("cid").note == "new"
    assert patients.state("dan").note is None
    assert "changed" not in held(engine, model)


def test_snapshots_archive_restore_redact_and_verify_need_no_key(patients, engine):
    patients.snapshot("bob")
    assert patients.verify()
    assert patients.archive(keep=0) >= 3
    assert values(patients.state("bob")) == BOB
    assert [event.fields for event in patients.history("bob")] == TOUCHES
    patients.restore()
    patients.redact("bob", 2, "note", reason="asked")

    assert patients.state("bob").note == "first"
    assert SECRET not in held(engine, patients.model)
    assert patients.verify()


def test_a_batch_is_encrypted_too(sql, engine):
    patients = sql(InlinePatient)
    contexts = [f"p{n % 30}" for n in range(600)]
    batch = (NewEvent(each, {"note": f"{SECRET} {n}", "visits": 1}) for n, each in enumerate(contexts))
    assert patients.append_many(batch) == 600
    patients.append_many([NewEvent("p1", {}, ends=True), NewEvent("p1", {"note": None})])

    assert patients.state("p29").note == f"{SECRET} 599"
    assert patients.state("p1").note is None
    assert [event.fields["note"] for event in patients.history("p2")][:2] == [f"{SECRET} 2", f"{SECRET} 32"]
    assert SECRET not in held(engine, patients.model)
    assert patients.verify()


def test_the_same_value_is_another_text_each_time_and_each_context_has_a_key_of_its_own(sql, engine):
    patients = sql(NeverPatient)
    for context in ("bob", "bob", "jane"):
        patients.append(context, note=SECRET)

    log = NeverPatient.__osiris__
    with engine.connect() as connection:
        texts = connection.scalars(select(log.events.c.note)).all()
        keys = connection.scalars(select(log.keys.c.key)).all()
    assert len(set(texts)) == 3
    assert len(set(keys)) == len(keys) == 2


def test_a_copy_of_the_log_is_unreadable_once_the_context_is_erased(patients, engine):
    """What a backup, or an archive that was copied away, still holds."""
    log = patients.model.__osiris__
    with engine.connect() as connection:
        backup = [dict(row) for row in connection.execute(select(log.events)).mappings()]
        heads = [dict(row) for row in connection.execute(select(log.heads)).mappings()]
    assert patients.erase("bob") == 3
    with engine.begin() as connection:
        assert connection.scalars(select(log.keys.c.id)).all() == ["jane"]
        for table, rows in ((log.heads, heads), (log.events, backup)):
            connection.execute(delete(table))
            connection.execute(table.insert(), rows)

    bob = patients.state("bob")
    assert (bob.name, bob.visits) == ("Bob", 3)
    assert (bob.note, bob.first, bob.details, bob.born) == (None, None, None, None)
    assert [event.fields for event in patients.history("bob")] == [
        {"name": "Bob", "visits": 1},
        {},
        {"visits": 2},
    ]
    assert patients.state("bob", at=2).note is None
    assert patients.state("jane").note == "hers"
    assert patients.verify()


def test_no_key_is_made_for_what_is_erased(sql, engine):
    patients = filled(sql(InlinePatient))
    log = patients.model.__osiris__
    patients.erase("bob")
    with Session(engine) as session:
        with pytest.raises(ContextErased):
            SQLRepository(patients.model, session).append("bob", note="again")
        session.commit()
    with pytest.raises(ContextErased):
        patients.append_many([NewEvent("bob", {"note": "again"})])

    with engine.connect() as connection:
        assert connection.scalars(select(log.keys.c.id)).all() == ["jane"]


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("model", [InlinePatient, EveryPatient])
def test_writers_that_make_the_first_key_at_once_agree_on_one(sql, engine, model, begun):
    patients, barrier = sql(model), Barrier(4)
    if begun:
        patients.append_many(NewEvent(f"p{n}", {"visits": 1}) for n in range(3))

    def write(number):
        barrier.wait(60)
        for n in range(3):
            patients.append(f"p{n}", note=f"{n} {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(model.__osiris__.keys)) == 3
    for n in range(3):
        notes = [event.fields["note"] for event in patients.history(f"p{n}", after=int(begun))]
        assert sorted(notes) == [f"{n} {number}" for number in range(4)]
    assert patients.verify()


def test_a_writer_that_makes_the_first_key_and_an_erasure_do_not_wait_for_each_other(sql, engine):
    patients, contexts = sql(InlinePatient), [f"p{n}" for n in range(6)]
    patients.append_many(NewEvent(context, {"visits": 1}) for context in contexts)
    barrier = Barrier(3)

    def write():
        for context in contexts:
            barrier.wait(60)
            with suppress(ContextErased, ConcurrentAppend):  # the other made the key, and it was erased
                patients.append(context, note=SECRET)

    def erase():
        for context in contexts:
            barrier.wait(60)
            assert patients.erase(context) in (1, 2, 3)

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(write), pool.submit(write), pool.submit(erase)]:
            done.result()
    assert patients.feed() == []
    with engine.connect() as connection:
        assert connection.scalars(select(InlinePatient.__osiris__.keys.c.id)).all() == []


def test_a_writer_that_has_the_key_when_the_stream_is_erased_writes_nothing(sql, engine, monkeypatch):
    patients = sql(InlinePatient)
    patients.append("bob", note=SECRET)
    from sqla_osiris.writing import encrypting as keys  # noqa: PLC0415  (the step between the key and the head's lock)

    lock = keys.next_seqs

    def erased_in_between(*asked, **how):
        monkeypatch.undo()
        assert SQLRepository(InlinePatient, engine).erase("bob") == 1
        return lock(*asked, **how)

    monkeypatch.setattr(keys, "next_seqs", erased_in_between)
    with pytest.raises((ContextErased, ConcurrentAppend)):
        patients.append("bob", note="again")

    with engine.connect() as connection:
        assert connection.scalars(select(InlinePatient.__osiris__.keys.c.id)).all() == []
    assert patients.state("bob") is None
    assert list(patients.history("bob")) == []


def test_keys_wrapped_by_a_master_key_open_with_it_alone(sql, engine):
    patients = sql(Wrapped)
    patients.append((1, "a"), note=SECRET)
    assert patients.state((1, "a")).note == SECRET
    assert "w2:" in held(engine, Wrapped, keys=True)
    assert SECRET not in held(engine, Wrapped)

    for master_key, error, said in (
        (secrets.token_bytes(32), OsirisError, "made with another one"),
        (None, OsirisError, "the model has none"),
        (lambda: b"short", DeclarationError, "32 bytes"),
    ):
        other = SQLRepository(with_master_key(master_key), engine)
        with pytest.raises(error, match=said):
            other.state((1, "a"))
        with pytest.raises(error, match=said):
            other.state((1, "a"), at=1)
        with pytest.raises(error, match=said):
            list(other.history((1, "a")))
        with pytest.raises(error, match=said):
            other.feed()
        with pytest.raises(error, match=said):
            other.append((1, "a"), note="x")
    assert patients.append((1, "a"), note="x").seq == 2


def test_a_value_that_was_changed_is_told(sql, engine):
    patients = sql(NeverPatient)
    patients.append("bob", note=SECRET)
    patients.append("jane", note="hers")
    note, table = "note", NeverPatient.__osiris__.events
    with engine.begin() as connection:
        stolen = connection.scalar(select(table.c[note]).where(table.c.id == "jane"))
        connection.execute(update(table).where(table.c.id == "bob").values(note=stolen))

    with pytest.raises(OsirisError, match="does not open with its context's key"):
        patients.state("bob")


def test_a_copy_is_encrypted_with_the_targets_keys(sql, engine, tmp_path):
    source, target = filled(sql(InlinePatient)), sql(EveryPatient)
    assert copy(source, target) == 4
    assert values(target.state("bob")) == BOB
    other = repository(InlinePatient, f"sqlite:///{tmp_path / 'other.db'}")
    other.create()
    assert copy(source, other) == 4
    assert values(other.state("bob")) == BOB
    other._bound.engine.dispose()
    memory = MemoryRepository(NeverPatient)
    assert copy(target, memory) == 4
    assert values(memory.state("bob")) == BOB

    file = tmp_path / "patients.jsonl"
    assert export_events(source, file) == 4
    again = MemoryRepository(InlinePatient)
    assert import_events(again, file) == 4
    assert values(again.state("bob")) == BOB
    assert SECRET not in held(engine, EveryPatient)


async def test_they_are_awaited_too(async_engine):
    patients = AsyncSQLRepository(EveryPatient, async_engine)
    await patients.create()
    for fields in TOUCHES:
        await patients.append("bob", **fields)

    assert values(await patients.state("bob")) == BOB
    assert [event.fields async for event in patients.history("bob")] == TOUCHES
    assert [event.fields for event in await patients.feed()] == TOUCHES
    assert await patients.rewrite_encrypted() == 0
    assert await patients.erase("bob") == 3
    assert await patients.lay_tombstone("jane") == 0
    assert sorted([context async for context in patients.erased()]) == ["bob", "jane"]


def test_the_memory_keeps_and_erases_them():
    patients = filled(MemoryRepository(EveryPatient))
    assert values(patients.state("bob")) == BOB
    assert patients.erase("bob") == 3


@pytest.mark.parametrize(
    "compared",
    [
        lambda: InlinePatient.note == SECRET,
        lambda: InlinePatient.note.like("a%"),
        lambda: InlinePatient.note.in_(["a"]),
        InlinePatient.note.desc,
        lambda: InlinePatient.note + "a",
        lambda: InlinePatient.Event.note == SECRET,
    ],
)
def test_sql_cannot_compare_them(compared):
    with pytest.raises(FoldUnavailable, match=r"note is encrypted.*Filter after loading"):
        compared()


def test_a_touch_is_checked_as_the_type_says(sql):
    patients = sql(InlinePatient)
    for fields in ({"note": "x" * 201}, {"note": 7}, {"born": "1970"}, {"first": Decimal("1.234")}):
        with pytest.raises(InvalidValue, match=next(iter(fields))):
            patients.append("bob", **fields)
    assert patients.state("bob") is None


def declared(**columns: Any):
    return type(f"Wrong{secrets.token_hex(4)}", (EventSourced,), columns)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"pay": lambda: Aggregate(Encrypted(Integer))}, "can only be picked"),
        ({"note": lambda: Latest(Encrypted(String), index=True)}, "nor an index"),
        ({"note": lambda: Latest(Encrypted(Integer), ForeignKey("x.id"))}, "neither a foreign key"),
        ({"note": lambda: Latest(Encrypted(String), upcast=Upcast("old", String))}, "has no upcast"),
        ({"note": lambda: Latest(String, upcast=Upcast("old", Encrypted(String)))}, "old.*encrypted"),
        ({"note": lambda: Latest(Encrypted(Encrypted(String)))}, "the type of the values"),
        ({"note": lambda: Latest(Encrypted(String, master_key="abc"))}, "32 bytes were expected.*a str"),
        ({"note": lambda: Latest(Encrypted(String, master_key=b"abc"))}, "found 3 bytes"),
        (
            {
                "a": lambda: Latest(Encrypted(String, master_key=MASTER)),
                "b": lambda: Latest(Encrypted(String)),
            },
            "different master keys",
        ),
        (
            {"id": lambda: Context(Encrypted(String)), "a": lambda: Latest(Integer)},
            "a context cannot be encrypted",
        ),
    ],
)
def test_what_cannot_be_declared_is_told(columns, said):
    with pytest.raises(DeclarationError, match=said):
        declared(**{name: column() for name, column in columns.items()})


def test_without_cryptography_the_extra_is_named(monkeypatch):
    from sqla_osiris.types import encrypted  # noqa: PLC0415  (forgets that it was imported)

    encrypted._aes.cache_clear()
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(DeclarationError, match=r"sqla_osiris\[encrypted\]"):
        Encrypted(String(20))


def test_views_leave_them_out(sql, engine):
    filled(sql(InlinePatient))
    with Session(engine) as session:
        by_visits = grouped_by(InlinePatient, InlinePatient.Event.name)
        assert "note" not in by_visits.__table__.c
        assert session.execute(select(ByName.name, ByName.visits)).all() == [("Bob", 1)]
    with pytest.raises(DeclarationError, match="is encrypted"):
        type("ByNote", (EventView,), {"note": Latest(String)}, of=InlinePatient, by="name")
    with pytest.raises(DeclarationError, match="encrypted value is another text"):
        grouped_by(InlinePatient, InlinePatient.Event.note)
    gc.collect()  # what could not be declared stays known to the registry until then


@settings(max_examples=5)
@given(drawn=st.lists(events(InlinePatient), max_size=6))
def test_the_kits_events_come_back_equal(sql, drawn):
    patients, memory, prefix = sql(InlinePatient), MemoryRepository(InlinePatient), secrets.token_hex(8)
    drawn = [replace(event, context=f"{prefix} {n % 2}") for n, event in enumerate(drawn)]
    for event in drawn:
        assert patients.append_many([event]) == memory.append_many([event])

    for context in (f"{prefix} 0", f"{prefix} 1"):
        assert [e.fields for e in patients.history(context)] == [e.fields for e in memory.history(context)]
        state, expected = patients.state(context), memory.state(context)
        assert (state and values(state)) == (expected and values(expected))
