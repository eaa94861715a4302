"""The table that is there becomes the head: its rows, keys, uniques, checks, and the keys of others to it, stay."""

import enum
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Enum,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    String,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, mapped_column

from sqla_osiris import Aggregate, EventSourced, Every, Latest, Mean, NewEvent, repository
from sqla_osiris.errors import OsirisError
from tests.migrations.project import CONVENTION


class Kind(enum.Enum):
    A = 1
    B = 2


def shop(*, sourced: bool) -> dict[str, Any]:
    """Five tables: regions within regions, customers of them, products, orders, and their lines."""
    base: Any = type("Base", (DeclarativeBase,), {"metadata": MetaData(naming_convention=CONVENTION)})

    def model(table: str, *constraints: Any, **columns: Any) -> Any:
        body = {"__tablename__": table, "__table_args__": constraints, **columns}
        if sourced:
            body |= {"__snapshot_table__": table, "__append_only__": True}
        return type(table.title(), (EventSourced, base) if sourced else (base,), body)

    def key() -> Any:
        return mapped_column(Integer, primary_key=True)

    def total() -> Any:
        return Aggregate(Integer) if sourced else mapped_column(Integer, nullable=False)

    def column(*args: Any, **options: Any) -> Any:
        return mapped_column(*args, **options)

    models = [
        model("region", id=key(), name=column(String(30), unique=True, nullable=False),
              parent_id=column(ForeignKey("region.id"), nullable=True)),
        model("customer", UniqueConstraint("region_id", "name"), id=key(),
              name=column(String(30), nullable=False, index=True), kind=column(Enum(Kind), nullable=False),
              region_id=column(ForeignKey("region.id"), nullable=False), points=total()),
        model("product", CheckConstraint("stock >= 0", name="stock"), id=key(),
              code=column(String(10), unique=True, nullable=False), stock=total()),
        model("purchase", id=key(), customer_id=column(ForeignKey("customer.id"), nullable=False),
              note=column(String(50), nullable=True)),
        model("line", CheckConstraint("amount > 0", name="amount"), id=key(),
              purchase_id=column(ForeignKey("purchase.id"), nullable=False),
              product_id=column(ForeignKey("product.id"), nullable=False),
              amount=column(Integer, nullable=False)),
    ]
    return {each.__tablename__: each for each in models}


def fill(engine, rows: int = 20) -> None:
    numbers = range(1, rows + 1)
    tables = shop(sourced=False)["region"].metadata.tables
    values: dict[str, Any] = {
        "region": [{"name": f"r{i}", "parent_id": i - 1 or None} for i in numbers],
        "customer": [
            {"name": f"c{i}", "kind": Kind(1 + i % 2), "region_id": i, "points": i} for i in numbers
        ],
        "product": [{"code": f"p{i}", "stock": 10 * i} for i in numbers],
        "purchase": [{"customer_id": i, "note": f"n'{i}" if i % 2 else None} for i in numbers],
        "line": [{"purchase_id": i, "product_id": 1 + i % rows, "amount": i} for i in numbers],
    }
    with engine.begin() as connection:
        for name, each in values.items():
            connection.execute(tables[name].insert(), each)


READS = [
    "SELECT id, name, parent_id FROM region ORDER BY id",
    "SELECT c.id, c.name, c.kind, c.points, r.name FROM customer c JOIN region r ON r.id = c.region_id ORDER BY c.id",
    "SELECT sum(amount * stock) FROM line JOIN product ON product.id = product_id",
    "SELECT id, customer_id, note FROM purchase ORDER BY id",
]


def read(engine) -> list[Any]:
    with engine.connect() as connection:
        return [connection.execute(text(query)).all() for query in READS]


def shape(engine) -> dict[str, Any]:
    """What the database says of the tables."""
    found = inspect(engine)
    return {
        name: (
            {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(name)},
            found.get_pk_constraint(name)["constrained_columns"],
            sorted((c["name"], c["sqltext"].strip("()`")) for c in found.get_check_constraints(name)),
            sorted((c["name"], c["column_names"]) for c in found.get_unique_constraints(name)),
            sorted((i["name"], i["column_names"]) for i in found.get_indexes(name)),
            sorted((k["constrained_columns"], k["referred_table"]) for k in found.get_foreign_keys(name)),
        )
        for name in ("region", "customer", "product", "purchase", "line")
    }


def run(engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def adopted(project):
    project.migrate("ordinary", *shop(sourced=False).values())
    fill(project.engine)
    project.before = read(project.engine), shape(project.engine)
    models = shop(sourced=True)
    project.text = project.migrate("sourced", *models.values())
    project.models = models
    return project


def test_what_reads_the_tables_reads_the_same(adopted):
    assert adopted.text.count("osiris.adopt_table(") == 5
    assert "drop_" not in adopted.text.partition("def downgrade")[0]
    assert read(adopted.engine) == adopted.before[0]
    assert adopted.differences(*adopted.models.values()) == []


def test_the_rows_are_states_and_first_events(adopted):
    customers = repository(adopted.models["customer"], adopted.engine)
    state = customers.state(2)
    assert (state.name, state.kind, state.region_id, state.points) == ("c2", Kind.A, 2, 2)
    (event,) = customers.history(2)
    assert (event.seq, event.event_type, event.event_meta) == (1, "adopted", {"adopted_from": "customer"})
    for model in adopted.models.values():
        assert repository(model, adopted.engine).verify()


def test_it_goes_on(adopted):
    engine, models = adopted.engine, adopted.models
    customers, products = repository(models["customer"], engine), repository(models["product"], engine)
    customers.append(1, name="C1", points=4)
    customers.append(100, name="new", kind=Kind.B, region_id=1, points=1)
    products.append(1, stock=-10)
    with pytest.raises(IntegrityError):
        products.append(1, stock=-1)
    with pytest.raises(IntegrityError):
        products.append_many([NewEvent(200, {"code": "p2", "stock": 1})])
    with pytest.raises(IntegrityError):
        repository(models["line"], engine).append(1, amount=0)
    assert (customers.state(1).points, customers.state(1).seq) == (5, 2)
    found = "SELECT name, points FROM customer WHERE id IN (1, 100) ORDER BY id"
    with engine.connect() as connection:
        assert connection.execute(text(found)).all() == [("C1", 5), ("new", 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer SET points = 7 WHERE id = 1",
        "DELETE FROM line WHERE id = 1",
        "INSERT INTO region (id, name) VALUES (99, 'x')",
    ],
)
def test_writes_that_pass_the_library_by_are_refused(adopted, statement):
    with pytest.raises(DBAPIError):
        run(adopted.engine, statement)


def test_the_way_back_leaves_the_table_with_the_present(adopted):
    engine, models = adopted.engine, adopted.models
    lines = repository(models["line"], engine)
    lines.append(1, amount=77)
    lines.append(21, purchase_id=1, product_id=1, amount=5)
    lines.append_many([NewEvent(2, {}, ends=True)])
    assert lines.state(2) is None
    adopted.downgrade("-1")

    assert shape(engine) == adopted.before[1]
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, amount FROM line WHERE id IN (1, 2, 21) ORDER BY id")).all()
    assert found == [(1, 77), (21, 5)]
    run(engine, "INSERT INTO line (purchase_id, product_id, amount) VALUES (1, 1, 1)")
    with pytest.raises(IntegrityError):
        run(engine, "INSERT INTO line (purchase_id, product_id, amount) VALUES (1, 1, 0)")
    with pytest.raises(IntegrityError):
        run(engine, "INSERT INTO region (id, name) VALUES (300, NULL)")


def test_up_and_down_and_up_is_clean(adopted):
    engine = adopted.engine
    adopted.downgrade("-1")
    assert (read(engine), shape(engine)) == adopted.before
    adopted.upgrade()
    assert read(engine) == adopted.before[0]
    assert adopted.differences(*adopted.models.values()) == []
    assert repository(adopted.models["product"], engine).state(3).stock == 30
