"""Models with encrypted fields, and what a store holds of them; imports little, because racing processes start anew."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import JSON, Date, Integer, Numeric, String, select
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    DynamoRepository,
    Encrypted,
    EventSourced,
    Every,
    First,
    Inline,
    Latest,
    MongoRepository,
    Never,
    NewEvent,
    SQLRepository,
    repository,
)
from sqla_osiris.steps import run
from tests.stores import racing

__all__ = [
    "BOB",
    "MODELS",
    "NEW",
    "OLD",
    "SECRET",
    "TOUCHES",
    "beside",
    "filled",
    "first_writes",
    "held",
    "keys_of",
    "parts_of",
    "put_back",
    "values",
    "with_master_key",
]

SECRET = "told in confidence"  # noqa: S105  (a value)
OLD, NEW = b"o" * 32, b"n" * 32
Rows = list[dict[str, Any]]


class Fields:
    id = Context(String(40))
    name = Latest(String(40))
    note = Latest(Encrypted(String(200), master_key=OLD))
    first = Aggregate(Encrypted(Numeric(12, 2), master_key=OLD), reducer=First())
    details = Latest(Encrypted(JSON, master_key=OLD))
    born = Latest(Encrypted(Date, master_key=OLD))
    visits = Aggregate(Integer)


def _declared(name: str, policy: Any, **columns: Any) -> type[Any]:
    base = type("Base", (DeclarativeBase,), {})
    declared = {"__snapshot__": policy, "__archive__": True, "__tablename__": f"secret_{name}", **columns}
    return type(name.title(), (EventSourced, Fields, base), declared)


MODELS = [
    _declared("inline", Inline()),
    _declared("every", Every(2)),
    _declared("never", Never()),
]


TOUCHES: list[dict[str, Any]] = [
    {"name": "Bob", "note": "told first", "first": Decimal("1.50"), "visits": 1},
    {"note": SECRET, "details": {"a": [1, 1.0, SECRET]}, "born": date(1970, 1, 2)},
    {"first": Decimal("2.00"), "visits": 2},
]
BOB = ("Bob", SECRET, Decimal("1.50"), {"a": [1, 1.0, SECRET]}, date(1970, 1, 2), 3, 3)


def filled(patients: Any) -> Any:
    """The log with Bob's touches, and a note of Jane's."""
    for fields in TOUCHES:
        patients.append("bob", **fields)
    patients.append("jane", note="hers")
    return patients


def values(state: Any) -> Any:
    """What Bob's state has after his touches: BOB."""
    return (state.name, state.note, state.first, state.details, state.born, state.visits, state.seq)


@cache
def with_master_key(master_key: Any) -> type[Any]:
    """The model of one and the same log, by the master key that a process has."""
    base = type("Base", (DeclarativeBase,), {})
    columns = {
        "__tablename__": "secret_rotated",
        "__snapshot__": Every(2),
        "__archive__": True,
        "ward": Context(Integer),
        "bed": Context(String(10)),
        "visits": Aggregate(Integer),
        "note": Latest(Encrypted(String(200), master_key=master_key)),
    }
    return type("Rotated", (EventSourced, base), columns)


def beside(kept: Any, model: type[Any]) -> Any:
    """The same log in the same store, for another process's model."""
    if isinstance(kept, MongoRepository):
        return MongoRepository(model, kept._store.backend.database)
    if isinstance(kept, DynamoRepository):
        store = kept._store.backend
        prefix = store.events.removesuffix(f"{model.__tablename__}_event")
        return DynamoRepository(model, store.requests._client, table_prefix=prefix)
    return SQLRepository(model, kept._bound.engine)


# What a store holds


def parts_of(kept: Any) -> dict[str, Rows]:
    """All rows, documents or items of a repository's log, by table; that of the keys is the one that ends with `_key`."""
    if isinstance(kept, MongoRepository):
        store = kept._store.backend
        names = [store.events.name, store.snapshots.name, store.archive.name, store.keys._collection.name]
        return {name: store.database[name].find().to_list() for name in names}
    if isinstance(kept, DynamoRepository):
        store = kept._store.backend
        names = [store.events, store.archive, store.index, store.keys.table]
        return {
            name: [item for page in store.requests.pages("scan", TableName=name) for item in run(page)]
            for name in names
        }
    with kept._bound.connection() as connection:
        tables = kept.model.__osiris__.tables
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables
        }


def put_back(kept: Any, parts: dict[str, Rows]) -> None:
    """Have these tables hold these rows and no others."""
    now = parts_of(kept)
    for name, rows in parts.items():
        if isinstance(kept, MongoRepository):
            collection = kept._store.backend.database[name]
            collection.delete_many({})
            if rows:
                collection.insert_many(rows)
        elif isinstance(kept, DynamoRepository):
            store = kept._store.backend
            keys = [
                {n: item[n] for n in ("context", "seq", "key", "position") if n in item} for item in now[name]
            ]
            named = ("context",) if name.endswith("_key") else tuple(keys[0]) if keys else ()
            run(store.requests.delete_many(name, [{n: key[n] for n in named} for key in keys]))
            run(store.requests.write_many(name, [{"PutRequest": {"Item": item}} for item in rows]))
        else:
            (table,) = (each for each in kept.model.__osiris__.tables if each.name == name)
            with kept._bound.engine.begin() as connection:
                connection.execute(table.delete())
                if rows:
                    connection.execute(table.insert(), rows)


def held(kept: Any) -> str:
    """All that the store holds of a log but its keys, as one text."""
    return repr({name: rows for name, rows in parts_of(kept).items() if not name.endswith("_key")})


def keys_of(kept: Any) -> list[str]:
    """The keys as they are stored."""
    parts = parts_of(kept)
    (name,) = (name for name in parts if name.endswith("_key"))
    return sorted(row["key"] for row in parts[name] if "key" in row)


# Racing


@cache
def _opened(url: str) -> Any:
    return repository(MODELS[1], url)


def first_writes(url: str, worker: int, contexts: list[str], batches: bool) -> None:  # noqa: FBT001  (of a process)
    """Write the first value of each of these contexts, as seven others do."""
    patients = _opened(url)
    for context in contexts:
        racing._together[0].wait(racing.SECONDS)
        note = f"{SECRET} {worker}"
        if batches:
            patients.append_many([NewEvent(context, {"note": note, "visits": 1})])
        else:
            patients.append(context, note=note, visits=1)
