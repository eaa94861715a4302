"""Is each value of each column type the same in every store, or refused in words? What docs/types.md says, this finds out.

After a change, write the page anew: `OSIRIS_WRITE_TYPES=1 python -m pytest tests/column_types`, with all stores.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, String
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    EventSourced,
    InvalidValue,
    Latest,
    NewEvent,
    OsirisError,
    Reducer,
)
from tests.column_types.catalogue import TYPES, Kept, Type
from tests.column_types.conftest import WRITES_PAGE

pytestmark = pytest.mark.filterwarnings("ignore:Type object.*operator_classes")

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
BEGIN, END = "<!-- the table begins -->\n", "<!-- the table ends -->\n"
EXACT, AT_CLASS, NONE = "exact", "refused", "none"
WITHOUT_COLUMNS = {"mongodb", "dynamodb"}
"""The stores where all types share what holds their events: to make it for each costs minutes."""

_numbers = count()


class Touches(Reducer):
    """What each touch is, as the reducer is given it."""

    def identity(self):
        return []

    def lift(self, touch):
        return [said(touch)]

    def merge(self, left, right):
        return left + right


def said(value: Any) -> str:
    """A text that differs where values do, or their types; an object's keys have no order."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{said(key)}: {said(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(said, value)) + "]"
    if isinstance(value, int) and value.bit_length() > 1000:
        return f"int {value:x}"
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > 100:
        # MongoDB keeps the digits that count, and the exponent of the others.
        return f"Decimal {value.normalize()!r}"
    return f"{type(value).__name__} {value!r}"


@cache
def declared(type_: Type, table: str | None) -> Any:
    """A model with a field of this type, and one whose reducer is given its touches; of a table of its own, or this."""
    base = type("Base", (DeclarativeBase,), {})
    fields = {
        "id": Context(String(20)),
        "value": Latest(type_.made),
        "seen": Aggregate(type_.made, reducer=Touches(), state_type=JSON),
    }
    name = table or f"type_{next(_numbers)}"
    return type("Sample", (EventSourced, base), {"__tablename__": name, **fields})


def outcome(type_: Type, store: str, opens: Any) -> tuple[str, list[Any]]:
    """What becomes of the type in this store, and the values that it refuses; fails where one is another afterwards."""
    try:
        model = declared(type_, "types" if store in WITHOUT_COLUMNS else None)
    except DeclarationError:
        return AT_CLASS, []
    assert type_.values, (
        f"{type_.name} is taken, and has no values in the catalogue: is it the same in every store?"
    )
    try:
        repository = opens(model)
    except (
        CompileError,
        DBAPIError,
        AttributeError,
        OsirisError,
    ):  # SQLAlchemy looks for a type as no dialect but its own can
        return NONE, []
    kept, refused, of_its_own = {}, [], next(_numbers)
    for place, value in enumerate(type_.values):
        given, expected = (value.given, value.kept) if isinstance(value, Kept) else (value, value)
        context = f"one {of_its_own} {place}"
        try:
            event = repository.append(context, value=given, seen=given)
        except InvalidValue:
            refused.append(given)
            with pytest.raises(InvalidValue):
                repository.append_many([NewEvent(context, {"value": given, "seen": given})])
            continue
        kept[f"{of_its_own} {place}"] = given, said(expected)
        assert said(event.fields["value"]) == said(expected)
    _check_all_ways(model, repository, kept, opens if store in WITHOUT_COLUMNS else None)
    return EXACT, refused


def _check_all_ways(model: Any, repository: Any, kept: dict[str, tuple[Any, str]], shared: Any) -> None:
    """A batch, a flush of two objects and each read of all of them say the same.

    Where all types ``shared`` what holds their events, a value is written there as it is for each of them: two of a type
    in a batch are enough, and all of each kind of value are in tests/stores.
    """
    many = kept if shared is None else {place: kept[place] for place in [*kept][:1] + [*kept][1:][-1:]}
    repository.append_many(
        NewEvent(f"many {place}", {"value": given, "seen": given}) for place, (given, _) in many.items()
    )
    contexts = {f"one {place}": expected for place, (_, expected) in kept.items()}
    contexts |= {f"many {place}": expected for place, (_, expected) in many.items()}
    assert {event.context: said(event.fields["value"]) for event in _fed(repository, shared)} == contexts
    states = {state.id: state for state in repository.states(contexts)}
    assert {id_: said(state.value) for id_, state in states.items()} == contexts
    assert {id_: state.seen for id_, state in states.items()} == {
        id_: [text] for id_, text in contexts.items()
    }
    if isinstance(getattr(repository, "_target", None), Engine):
        _check_flush(model, repository._target, kept)


_read_to: dict[Any, Any] = {}
"""How far a feed was read that holds the events of other types, by what opens its store."""


def _fed(repository: Any, shared: Any) -> Iterator[Any]:
    """The events that the type before this one did not have."""
    after = _read_to.get(shared)
    while events := repository.feed(after=after, limit=1000):
        yield from events
        after = events[-1].position
    if shared is not None:
        _read_to[shared] = after


def _check_flush(model: Any, engine: Engine, kept: dict[str, tuple[Any, str]]) -> None:
    with Session(engine) as session, session.begin():
        session.add_all([model(id=f"flush {place}", value=given) for place, (given, _) in kept.items()])
    with Session(engine) as session:
        found = {place: said(session.get(model, f"flush {place}").value) for place in kept}
    assert found == {place: expected for place, (_, expected) in kept.items()}


_found: dict[tuple[str, str], tuple[str, list[Any]]] = {}


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.name)
def test_a_type_keeps_its_values_or_is_refused_as_the_page_says(opens, store, type_):
    said_there, refused = _found[type_.name, store] = outcome(type_, store, opens)

    if not WRITES_PAGE:
        cells, values = _page()[f"`{type_.name}`"]
        assert cells[_PAGE_STORES.index(store)] == said_there
        assert set(map(_short, refused)) <= set(values.split(" · "))


def test_the_page_has_a_row_for_each_type():
    if WRITES_PAGE:
        _write()
        _page.cache_clear()

    assert {f"`{type_.name}`" for type_ in TYPES} <= set(_page())


_PAGE_STORES = ["memory", "sqlite", "postgresql", "mariadb", "mysql", "mongodb", "dynamodb"]


@cache
def _page() -> dict[str, tuple[list[str], str]]:
    """The cells of the page's table, and its last column, by the first one."""
    table = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    rows = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table.splitlines()[2:]]
    return {row[0]: (row[1:-1], row[-1]) for row in rows}


def _short(value: Any) -> str:
    """A value as the page shows it."""
    text = f"{value:#x}" if isinstance(value, int) and value.bit_length() > 1000 else _repr(value)
    shown = text if len(text) <= 34 else f"{text[:30]}…"
    return f"`{shown}`".replace("|", "¦")


def _repr(value: Any) -> str:
    if isinstance(value, set):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"
    text = json.dumps(repr(value))[1:-1] if isinstance(value, str) else repr(value)
    return text.partition(" object at ")[0].replace("\n", " ")


def _write() -> None:
    for store in _PAGE_STORES:
        assert any(there == store for _, there in _found), (
            f"the page is written with all stores; {store} is missing"
        )
    lines = [
        "| type | " + " | ".join(_PAGE_STORES) + " | values that are refused |",
        "| --- " * (len(_PAGE_STORES) + 2) + "|",
    ]
    for type_ in TYPES:
        found = [_found[type_.name, store] for store in _PAGE_STORES]
        refused = list(dict.fromkeys(_short(value) for _, values in found for value in values))
        cells = " | ".join(word for word, _ in found)
        lines.append(f"| `{type_.name}` | {cells} | {' · '.join(refused)} |")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + rest.partition(END)[2])
