"""Which combinations of a test's database with its other parameters does a run try? Not all, unless it is asked to.

SQLite and the memory try every model, snapshot policy and value. A test on a server, MongoDB and DynamoDB among them,
takes one model or policy for each of its other parameters, and tests take turns: each meets each model in other tests.

`any_database` marks what no database can change, as a call that is refused before a statement is sent: SQLite alone
tries it. `once_on_servers` marks what SQLite and one combination on each server show. `every_combination` leaves
nothing out. `OSIRIS_TEST_COMBINATIONS=all` tries them all, and so does a test that is named with its parameters; a
server that is tested alone tries everything too, but with `OSIRIS_TEST_COMBINATIONS=one`.
"""

import os
from collections import defaultdict
from collections.abc import Hashable
from typing import Any
from zlib import crc32

import pytest

from sqla_osiris import EventSourced, Every, Inline, Never

__all__ = ["pytest_collection_modifyitems"]

SERVERS = ("postgresql", "mariadb", "mysql", "mongodb", "dynamodb")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run does not try."""
    if os.environ.get("OSIRIS_TEST_COMBINATIONS") == "all":
        return
    functions = defaultdict(list)
    for item in items:
        functions[item.nodeid.partition("[")[0]].append(item)
    tried = {item for name, group in functions.items() for item in _tried(name, group)}
    left_out = [item for item in items if item not in tried and item.nodeid not in config.args]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        left = set(left_out)
        items[:] = [item for item in items if item not in left]


def _tried(name: str, items: list[pytest.Item]) -> list[pytest.Item]:
    """Return those of one function's items that are tried."""
    locally = [item for item in items if not _servers(item)]
    alone = not locally and os.environ.get("OSIRIS_TEST_COMBINATIONS") != "one"
    if alone or items[0].get_closest_marker("every_combination"):
        return items  # where no database but a server was asked for, it tries everything
    if items[0].get_closest_marker("any_database"):
        return locally
    alike = defaultdict(list)
    once = items[0].get_closest_marker("once_on_servers") is not None
    models = _models(items)
    for item in items:
        if servers := _servers(item):
            alike[servers, () if once else _values(item, models)].append(item)
    turn = crc32(name.encode())
    chosen = [those[(turn + place) % len(those)] for place, those in enumerate(alike.values())]
    return locally + (chosen if once or models else [item for those in alike.values() for item in those])


def _servers(item: pytest.Item) -> tuple[str, ...]:
    """Return the servers that an item's parameters name."""
    values = (value for value in _parameters(item).values() if isinstance(value, str))
    return tuple(value for value in values if value.partition("+")[0] in SERVERS)


def _values(item: pytest.Item, models: set[str]) -> Hashable:
    """Return what an item's other parameters are: the same objects in each item that takes them."""
    return tuple((name, id(value)) for name, value in _parameters(item).items() if name not in models)


def _models(items: list[pytest.Item]) -> set[str]:
    """Return the names of the parameters that are a model or a policy."""
    return {name for item in items for name, value in _parameters(item).items() if _is_model(name, value)}


def _is_model(name: str, value: Any) -> bool:
    declared = isinstance(value, type) and issubclass(value, EventSourced)
    return declared or isinstance(value, Inline | Every | Never) or name == "payroll"


def _parameters(item: pytest.Item) -> dict[str, Any]:
    called = getattr(item, "callspec", None)
    return called.params if called else {}
