"""What one field compiles to; and a refusal names the model and the field. No server."""

from typing import Any

import pytest
from sqlalchemy import ARRAY, BigInteger, Float, Integer, String, create_engine, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from sqla_osiris import (
    Aggregate,
    Context,
    CreatedAt,
    DeclarationError,
    Encrypted,
    EventSourced,
    First,
    InvalidValue,
    Latest,
    Max,
    Mean,
    MemoryRepository,
    Never,
    NewEvent,
    NotExpressible,
    Upcast,
    UpdatedAt,
    repository,
)
from sqla_osiris.records import CopiedEvent
from sqla_osiris.schema.log import log_of

KEY = bytes(32)


class Upper(TypeDecorator[str]):
    """Stores a text as it is, and gives it back in capitals."""

    impl = String(9)
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return value and value.upper()


class Filling(Upper):
    """Reads NULL as a text."""

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return value or ""


def declared(x: Any, **more: Any) -> Any:
    base = type("Base", (DeclarativeBase,), {})
    return type(
        "Item", (EventSourced, base), {"__tablename__": "item", "id": Context(String(9)), "x": x, **more}
    )


def secret() -> Encrypted[Any]:
    return Encrypted(Integer, master_key=KEY)


PICKED = (
    "Sum() folds values, and an encrypted one can only be picked: its state would be stored readable. Declare it "
    "Latest(Encrypted(…)) or Aggregate(Encrypted(…), reducer=First())."
)
NO_INDEX = (
    "an encrypted field has neither a foreign key nor an index: the same value is another text each time. Leave it out, "
    "or keep a keyed hash in a field of its own."
)
NO_UPCAST = (
    "an encrypted field has no upcast: SQL can make no ciphertext. Leave upcast= out, and append what earlier events "
    "hold."
)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (lambda: Aggregate(secret()), PICKED),
        (lambda: Latest(secret(), index=True), NO_INDEX),
        (lambda: Latest(secret(), upcast=Upcast("y", Integer)), NO_UPCAST),
        (lambda: Latest(Filling()), "Filling.process_result_value(None) gives ''. "),
        (lambda: Aggregate(String(9, collation="de_DE"), reducer=Max()), "Max() compares text by code point"),
        (lambda: Aggregate(Integer, state_type=7), "state_type=7 is no type of SQLAlchemy's"),
        (lambda: Aggregate(Integer, state_type=ARRAY(Integer)), "state_type= is what is kept of a fold"),
        (lambda: Aggregate(Integer, state_type=postgresql.MONEY), "MONEY"),
        (lambda: Latest(Integer, upcast=7), "upcast=7 is no Upcast"),
    ],
    ids=[
        "encrypted",
        "encrypted index",
        "encrypted upcast",
        "none",
        "collation",
        "state_type",
        "state_type of an array",
        "state_type of a server's own",
        "upcast",
    ],
)
def test_a_refusal_begins_with_the_model_and_the_field(field, words):
    with pytest.raises(DeclarationError) as refused:
        declared(field())

    said = str(refused.value)
    assert said.startswith(f"Item.x: {words}")
    assert not words.endswith(".") or said == f"Item.x: {words}"


def test_a_value_that_an_encrypted_field_does_not_take_is_not_shown():
    field = log_of(declared(Latest(secret()))).by_key["x"]

    with pytest.raises(InvalidValue) as refused:
        field.checked("hidden", "Item")

    assert str(refused.value) == (
        "Item.x: the value is none that Integer() takes. It is not shown, as the field is encrypted."
    )


def test_an_assignment_that_no_touch_makes_is_refused_by_the_fields_name():
    field = log_of(declared(Aggregate(Float, reducer=Mean()))).by_key["x"]

    with pytest.raises(NotExpressible, match=r"^Item\.x: "):
        field.touch_between(1.0, 2.0, "Item")


def test_a_sum_that_is_assigned_fits_its_own_column():
    field = log_of(declared(Aggregate(BigInteger))).by_key["x"]

    assert field.touch_between(2**62, 2**63 - 1, "Item") == 2**62 - 1
    with pytest.raises(InvalidValue, match=r"^Item\.x: 9223372036854775808 does not fit 64 bits"):
        field.touch_between(2**62, 2**63, "Item")


def test_a_nullable_field_that_was_never_touched_reads_absent_and_one_touched_with_none_does_not():
    model = declared(Latest(String(9), absent="old", nullable=True))
    engine = create_engine("sqlite://")
    model.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        repository(model, session).append_many(
            [
                CopiedEvent("a", {}, seq=1),
                CopiedEvent("b", {"x": None}, seq=1),
                CopiedEvent("c", {"x": "new"}, seq=1),
            ]
        )

        assert session.execute(select(model.id, model.x).order_by(model.id)).all() == [
            ("a", "old"),
            ("b", None),
            ("c", "new"),
        ]
    engine.dispose()


def test_an_appended_event_says_what_the_type_gives_back():
    log = MemoryRepository(declared(Latest(Upper()), y=Latest(Integer)))

    assert dict(log.append("a", x="new", y=1).fields) == {"x": "NEW", "y": 1}
    assert dict(log.append("a", y=2).fields) == {"y": 2}
    assert dict(log.append("a", x=None).fields) == {"x": None}


def test_a_moment_is_folded_from_the_events_own():
    model = declared(Latest(Integer), began=CreatedAt("began_at"), changed=UpdatedAt())
    log = MemoryRepository(model)
    first, last = log.append("a", x=1), log.append("a", x=2)

    began = log_of(model).derived["began_at"]
    assert (began.name, began.key, began.nullable, log_of(model).derived["changed"].nullable) == (
        "began_at",
        "began",
        False,
        False,
    )
    state = log.state("a")
    assert (state.began, state.changed) == (first.recorded_at, last.recorded_at)
    with pytest.raises(DeclarationError, match=r"^Item\.began: "):
        declared(Latest(Integer), began=CreatedAt(index=True))


def test_absent_is_read_as_the_type_gives_it_back():
    log = MemoryRepository(declared(Latest(Upper(), absent="old")))
    log.append_many([CopiedEvent("a", {}, seq=1)])

    assert log.state("a").x == "OLD"


def test_an_encrypted_field_is_hidden_and_no_other_one_is():
    log = log_of(declared(Latest(secret()), y=Latest(Integer)))

    assert [log.hides(name) for name in ("x", "y", "z")] == [True, False, False]


def test_a_field_reads_what_earlier_events_wrote_to_another_column():
    earlier = {"__snapshot__": Never(), "__append_only__": False}
    old = declared(Latest(String(9)), y=Latest(Float), **earlier)
    tens = Latest(Integer, upcast=Upcast("y", Float, lambda y: y * 10))
    new = declared(Latest(String(9)), tens=tens, whole=Latest(Integer, upcast=Upcast("y", Float)), **earlier)
    engine = create_engine("sqlite://")
    new.metadata.create_all(engine)
    repository(old, engine).append_many(
        [
            NewEvent("a", {"x": "x", "y": 1.6}),
            NewEvent("a", {"y": 2.0}),
            NewEvent("a", {"x": None, "y": None}),
        ]
    )
    log = repository(new, engine)
    log.append("a", tens=7)

    assert [dict(event.fields) for event in log.history("a")] == [
        {"x": "x", "tens": 16, "whole": 2},
        {"tens": 20, "whole": 2},
        {"x": None, "tens": None, "whole": None},
        {"tens": 7},
    ]
    engine.dispose()


def test_an_encrypted_field_may_be_the_first_one_written():
    assert log_of(declared(Aggregate(secret(), reducer=First()))).by_key["x"].encrypted is not None
