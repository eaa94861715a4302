"""The laws hold on each database for as many logs as the profile says: 100,000 of them with `deep`."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import Integer, create_engine

from sqla_osiris import Aggregate, EventSourced, Every, Inline, LawBroken, Never
from tests.laws.at_scale import check_at_scale, logs
from tests.laws.test_agreement import DOCUMENTS, ITEMS, SCALARS, declare, in_python, in_sql
from tests.laws.wrong_reducers import AverageKeptAsOneNumber

GROUPS = {
    "Numbers": ["salary", "hired", "visits", "grade", "hours", "rate"],
    "Decimals": ["bonus", "exact", "price"],
    "Words": ["title", "best", "least", "soonest", "late", "paid"],
    "Documents": ["notes", "skills", "profile", "prices", "mails"],
}
POLICIES = {"Inline": Inline(), "Every": Every(2), "Never": Never()}


def fields(names):
    made = in_sql() | in_python()
    return {name: made[name] for name in names}


MODELS = [
    declare(f"{group}{policy}AtScale", kept, fields(names))
    for group, names in GROUPS.items()
    for policy, kept in POLICIES.items()
]
WRONG = declare("WrongAtScale", Every(1), {"grade": Aggregate(Integer, reducer=AverageKeptAsOneNumber())})

CENTS = st.integers(-9_999_999, 9_999_999).map(lambda cents: Decimal(cents).scaleb(-2))
HALVES = st.integers(-(2**20), 2**20).map(lambda number: number / 2)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4)
ZONES = [UTC, timezone(timedelta(hours=5, minutes=45))]
VALUES = {
    "title": st.none() | TEXTS,
    "salary": st.integers(-(2**31), 2**31 - 1),
    "bonus": CENTS,
    "exact": st.integers(-999_999, 999_999).map(lambda number: Decimal(number).scaleb(-3)),
    "hours": HALVES,
    "best": TEXTS,
    "least": TEXTS,
    "soonest": st.integers(-(10**15), 10**15).map(
        lambda number: datetime.fromtimestamp(number // 10**6, ZONES[number % 2]).replace(
            microsecond=number % 10**6
        )
    ),
    "hired": st.integers(-(2**31), 2**31 - 1),
    "visits": st.integers(-(2**31), 2**31 - 1),
    "grade": st.integers(-(2**60), 2**60),
    "price": CENTS,
    "rate": HALVES,
    "late": st.booleans(),
    "paid": st.booleans(),
    "notes": st.lists(SCALARS | st.none() | DOCUMENTS, max_size=2),
    "skills": st.lists(ITEMS, max_size=3),
    "profile": DOCUMENTS,
    "prices": CENTS,
    "mails": SCALARS | DOCUMENTS,
}


def create(engine, models):
    tables = [table for model in models for table in (model.Event.__table__, model.Snapshot.__table__)]
    EventSourced.metadata.create_all(engine, tables=tables)


def test_every_law_holds_on_a_database(engine, record_property):
    create(engine, MODELS)

    held = check_at_scale(engine, logs(MODELS, VALUES), settings.default)

    record_property("examples of each law", held)
    assert held == settings.default.max_examples


def test_a_broken_law_is_told_with_the_smallest_log(sqlite_database, monkeypatch):
    monkeypatch.setattr("tests.laws.at_scale.A_CASE", 3)  # examples, of which each is made smaller
    engine = create_engine(sqlite_database)
    create(engine, [WRONG])
    few = settings(max_examples=200, derandomize=True)

    with pytest.raises(LawBroken) as broken:
        check_at_scale(engine, logs([WRONG], {"grade": st.integers(0, 2)}, longest=3), few)

    engine.dispose()
    assert broken.value.law in {"homomorphism", "associativity"}
    assert broken.value.touches <= 3
