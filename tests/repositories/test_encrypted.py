"""Encrypted(...) fields in SQL: sessions, queries, views and locks; and what can be declared. All stores: tests/stores."""

import gc
import secrets
import sys
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Integer, String, select
from sqlalchemy.orm import Session

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
    FoldUnavailable,
    InvalidValue,
    Latest,
    MemoryRepository,
    SQLRepository,
    Upcast,
    as_of,
    grouped_by,
    time_travel,
)
from tests.stores.patients import BOB, MODELS, OLD, SECRET, TOUCHES, filled, held, keys_of, values

INLINE, EVERY, _ = MODELS


class ByName(EventView, of=INLINE, by="name"):
    visits = Aggregate(Integer)


@pytest.mark.parametrize("model", MODELS[:2], ids=lambda model: model.__name__)
def test_sessions_and_queries_read_the_values(sql, engine, model):
    patients = filled(sql(model))
    with Session(engine) as session:
        assert values(session.get(model, "bob")) == BOB
        past = as_of(model, 1)
        query = select(past.note, model.note).join(model, model.id == past.id).where(model.id == "bob")
        assert session.execute(query).all() == [("told first", SECRET)]
        assert session.scalars(select(model.id).where(model.born.is_not(None))).all() == ["bob"]
        moment = next(patients.history("bob")).recorded_at
    with Session(engine) as session, time_travel(session, moment):
        assert session.get(model, "bob").note == "told first"


def test_the_unit_of_work_writes_them(sql, engine):
    patients, model = filled(sql(INLINE)), INLINE
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
    assert "changed" not in held(patients)


def test_a_session_makes_no_key_for_what_is_erased(sql, engine):
    patients = filled(sql(INLINE))
    patients.erase("bob")
    with Session(engine) as session:
        with pytest.raises(ContextErased):
            SQLRepository(patients.model, session).append("bob", note="again")
        session.commit()
    assert len(keys_of(patients)) == 1


def test_a_writer_that_has_the_key_when_the_stream_is_erased_writes_nothing(sql, engine, monkeypatch):
    patients = sql(INLINE)
    patients.append("bob", note=SECRET)
    from sqla_osiris.writing import encrypting as keys  # noqa: PLC0415  (the step between the key and the head's lock)

    lock = keys.next_seqs

    def erased_in_between(*asked, **how):
        monkeypatch.undo()
        assert SQLRepository(INLINE, engine).erase("bob") == 1
        return lock(*asked, **how)

    monkeypatch.setattr(keys, "next_seqs", erased_in_between)
    with pytest.raises((ContextErased, ConcurrentAppend)):
        patients.append("bob", note="again")

    assert keys_of(patients) == []
    assert patients.state("bob") is None
    assert list(patients.history("bob")) == []


async def test_they_are_awaited_too(async_engine):
    patients = AsyncSQLRepository(EVERY, async_engine)
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
    patients = filled(MemoryRepository(EVERY))
    assert values(patients.state("bob")) == BOB
    assert patients.erase("bob") == 3


@pytest.mark.parametrize(
    "compared",
    [
        lambda: INLINE.note == SECRET,
        lambda: INLINE.note.like("a%"),
        lambda: INLINE.note.in_(["a"]),
        INLINE.note.desc,
        lambda: INLINE.note + "a",
        lambda: INLINE.Event.note == SECRET,
    ],
)
def test_sql_cannot_compare_them(compared):
    with pytest.raises(FoldUnavailable, match=r"note is encrypted.*Filter after loading"):
        compared()


def test_a_touch_is_checked_as_the_type_says(sql):
    patients = sql(INLINE)
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
                "a": lambda: Latest(Encrypted(String, master_key=OLD)),
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
    filled(sql(INLINE))
    with Session(engine) as session:
        by_visits = grouped_by(INLINE, INLINE.Event.name)
        assert "note" not in by_visits.__table__.c
        assert session.execute(select(ByName.name, ByName.visits)).all() == [("Bob", 1)]
    with pytest.raises(DeclarationError, match="is encrypted"):
        type("ByNote", (EventView,), {"note": Latest(String)}, of=INLINE, by="name")
    with pytest.raises(DeclarationError, match="encrypted value is another text"):
        grouped_by(INLINE, INLINE.Event.note)
    gc.collect()  # what could not be declared stays known to the registry until then
