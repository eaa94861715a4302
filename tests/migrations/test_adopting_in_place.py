"""The table that is there becomes the head: its rows, keys, uniques, checks, and the keys of others to it, stay."""

import enum
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.sql.elements import conv

from sqla_osiris import Aggregate, Count, EventSourced, Every, Latest, Mean, NewEvent, repository
from sqla_osiris.errors import OsirisError
from tests.migrations.project import CONVENTION, Project


class Kind(enum.Enum):
    A = 1
    B = 2


@cache
def shop(*, sourced: bool, in_place: bool = True) -> dict[str, Any]:
    """Five tables: regions within regions, customers of them, products, orders, and their lines."""
    base: Any = type("Base", (DeclarativeBase,), {"metadata": MetaData(naming_convention=CONVENTION)})

    def model(table: str, *constraints: Any, **columns: Any) -> Any:
        body = {"__tablename__": table, "__table_args__": constraints, **columns}
        if sourced:
            body |= {"__append_only__": True, **({"__snapshot_table__": table} if in_place else {})}
        return type(table.title(), (EventSourced, base) if sourced else (base,), body)

    def key() -> Any:
        return mapped_column(Integer, primary_key=True)

    def total() -> Any:
        return Aggregate(Integer) if sourced else mapped_column(Integer, nullable=False)

    def column(*args: Any, **options: Any) -> Any:
        return mapped_column(*args, **options)

    models = [
        model(
            "region",
            id=key(),
            name=column(String(30), unique=True, nullable=False),
            parent_id=column(ForeignKey("region.id"), nullable=True),
        ),
        model(
            "customer",
            UniqueConstraint("region_id", "name"),
            id=key(),
            name=column(String(30), nullable=False, index=True),
            kind=column(Enum(Kind), nullable=False),
            region_id=column(ForeignKey("region.id"), nullable=False),
            points=total(),
        ),
        model(
            "product",
            CheckConstraint("stock >= 0", name="stock"),
            id=key(),
            code=column(String(10), unique=True, nullable=False),
            stock=total(),
        ),
        model(
            "purchase",
            id=key(),
            customer_id=column(ForeignKey("customer.id"), nullable=False),
            note=column(String(50), nullable=True),
        ),
        model(
            "line",
            CheckConstraint("amount > 0", name="amount"),
            id=key(),
            purchase_id=column(ForeignKey("purchase.id"), nullable=False),
            product_id=column(ForeignKey("product.id"), nullable=False),
            amount=column(Integer, nullable=False),
        ),
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
        found = connection.execute(
            text("SELECT id, amount FROM line WHERE id IN (1, 2, 21) ORDER BY id")
        ).all()
    assert found == [(1, 77), (21, 5)]
    run(engine, "INSERT INTO line (purchase_id, product_id, amount) VALUES (1, 1, 1)")
    with pytest.raises(DBAPIError):
        run(engine, "INSERT INTO line (purchase_id, product_id, amount) VALUES (1, 1, 0)")
    with pytest.raises(IntegrityError):
        run(engine, "INSERT INTO region (id, name) VALUES (300, NULL)")


def test_the_database_gives_keys_as_before(adopted):
    customer = adopted.models["customer"]
    with Session(adopted.engine) as session:
        new = customer(name="given", kind=Kind.A, region_id=1, points=1)
        session.add(new)
        session.flush()
        assert (new.id, new.seq) == (21, 1)
        session.commit()
    adopted.downgrade("-1")
    run(adopted.engine, "INSERT INTO customer (name, kind, region_id, points) VALUES ('next', 'A', 1, 1)")
    with adopted.engine.connect() as connection:
        assert connection.scalar(text("SELECT max(id) FROM customer")) > 21


def test_up_and_down_and_up_is_clean(adopted):
    engine = adopted.engine
    adopted.downgrade("-1")
    assert (read(engine), shape(engine)) == adopted.before
    adopted.upgrade()
    assert read(engine) == adopted.before[0]
    assert adopted.differences(*adopted.models.values()) == []
    assert repository(adopted.models["product"], engine).state(3).stock == 30


def test_the_same_tables_are_adopted_by_new_ones(project):
    engine = project.engine
    project.migrate("ordinary", *shop(sourced=False).values())
    fill(engine)
    before = read(engine), shape(engine)
    models = shop(sourced=True, in_place=False)
    project.migrate("sourced", *models.values())
    assert project.differences(*shop(sourced=True, in_place=False).values()) == []
    for model in models.values():
        assert repository(model, engine).verify()
    repository(models["customer"], engine).append(1, points=3)
    with pytest.raises(IntegrityError):
        repository(models["line"], engine).append(1, amount=0)
    with pytest.raises(IntegrityError):
        repository(models["region"], engine).append(1, name="r2")
    project.downgrade("-1")
    assert shape(engine) == before[1]
    project.upgrade()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT points FROM customer_snapshot WHERE id = 1")) == 4


def thing(name: str = "thing", /, *, sourced: bool, policy: Any = None, **columns: Any) -> Any:
    base: Any = type("Base", (DeclarativeBase,), {"metadata": MetaData(naming_convention=CONVENTION)})
    given = {"__snapshot_table__": name, **({"__snapshot__": policy} if policy else {})} if sourced else {}
    body = {"__tablename__": name, "id": mapped_column(Integer, primary_key=True), **given, **columns}
    return type("Thing", (EventSourced, base) if sourced else (base,), body)


@pytest.mark.parametrize(
    ("policy", "score", "reason"),
    [
        (None, lambda: Aggregate(Integer, reducer=Mean()), "hold score as something else"),
        (None, lambda: Aggregate(Integer, reducer=Count()), "hold score as something else"),
        (Every(5), lambda: Aggregate(Integer), r"Inline\(\) alone"),
    ],
    ids=["mean", "count", "every"],
)
def test_what_the_heads_cannot_hold_is_named(project, policy, score, reason):
    project.migrate("ordinary", thing(sourced=False, score=mapped_column(Integer)))
    with pytest.raises(OsirisError, match=reason):
        project.revise("sourced", thing(sourced=True, policy=policy, score=score()))


@pytest.mark.parametrize(
    ("heads", "goes"), [("thing", "states are not kept to it"), (None, "is left in the table alone")]
)
def test_what_the_model_does_not_declare_is_named(project, heads, goes):
    kept = [UniqueConstraint("n", name="uq_n"), CheckConstraint("n > 0", name=conv("ck_n"))]
    old = thing(sourced=False, n=mapped_column(Integer), __table_args__=tuple(kept))
    project.migrate("ordinary", old)
    new = thing(sourced=True, n=mapped_column(Integer, nullable=True), __snapshot_table__=heads)
    written = project.revise("sourced", new)
    assert "# The model does not declare the CHECK ck_n, the unique uq_n: declare it, or" in written
    assert goes in written


def test_a_column_of_no_field_stays(project):
    legacy = {
        "legacy": mapped_column(String(9), nullable=False),
        "kept": mapped_column(String(9), server_default="k"),
    }
    old = thing(sourced=False, n=mapped_column(Integer), **legacy)
    project.migrate("ordinary", old)
    with project.engine.begin() as connection:
        connection.execute(old.__table__.insert(), [{"n": 1, "legacy": "a"}])
    new = thing(sourced=True, n=mapped_column(Integer, nullable=True))
    assert "# Of no field, and left in thing alone: legacy, kept." in project.migrate("sourced", new)
    repository(new, project.engine).append(2, n=2)
    with project.engine.connect() as connection:
        found = connection.execute(text("SELECT n, legacy, kept FROM thing ORDER BY n")).all()
    assert found == [(1, "a", "k"), (2, None, "k")]
    assert {each[0] for each in project.differences(new)} == {"remove_column"}
    with pytest.raises(OsirisError, match="1 rows have NULL in one of legacy"):
        project.downgrade("-1")
    assert repository(new, project.engine).verify()


def test_values_and_moments_and_a_new_field_and_an_empty_sum(project):
    def version(*, sourced: bool) -> Any:
        more = {"extra": Latest(String(5))} if sourced else {}
        total = Aggregate(Integer) if sourced else mapped_column(Integer, nullable=True)
        return thing(
            sourced=sourced,
            price=mapped_column(Numeric(10, 2), nullable=True),
            at=mapped_column(DateTime(timezone=True), nullable=True),
            total=total,
            **more,
        )

    engine, old = project.engine, version(sourced=False)
    project.migrate("ordinary", old)
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    with engine.begin() as connection:
        rows = [
            {"price": Decimal("1.50"), "at": moment, "total": 3},
            {"price": None, "at": None, "total": None},
        ]
        connection.execute(old.__table__.insert(), rows)
    new = version(sourced=True)
    project.migrate("sourced", new)
    things = repository(new, engine)
    things.append(2, total=4, extra="x")
    states = [(s.price, s.at, s.total, s.extra) for s in things.states([1, 2])]
    assert states == [(Decimal("1.50"), moment, 3, None), (None, None, 4, "x")]
    assert things.verify()
    assert project.differences(new) == []
    project.downgrade("-1")
    with engine.connect() as connection:
        found = connection.execute(select(old.__table__)).all()
    assert [(r.price, r.total) for r in sorted(found)] == [(Decimal("1.50"), 3), (None, 4)]
    project.upgrade()


@pytest.mark.parametrize("name", ["Upper", "select", "a b", "a%b", 'a"b', "a'b", "a:b", "a(b", "größe"])
def test_an_odd_name_of_a_table_and_a_column_is_adopted_in_place(project, name):
    def version(*, sourced: bool) -> Any:
        key = mapped_column(Integer, primary_key=True, autoincrement=False)
        return thing(name, sourced=sourced, id=key, n=mapped_column(name, String(9), nullable=False))

    engine, old = project.engine, version(sourced=False)
    project.migrate("ordinary", old)
    with engine.begin() as connection:
        connection.execute(old.__table__.insert(), [{"id": 1, name: "seven"}])
    new = version(sourced=True)
    project.migrate("sourced", new)
    repository(new, engine).append(1, n="eight")
    assert project.differences(new) == []
    project.downgrade("-1")
    with engine.connect() as connection:
        assert connection.execute(select(old.__table__)).all() == [(1, "eight")]


def test_a_table_written_by_hand_keeps_what_was_written(project):
    engine = project.engine
    given = "GENERATED BY DEFAULT AS IDENTITY" if engine.dialect.name == "postgresql" else "AUTO_INCREMENT"
    key = (
        "INTEGER PRIMARY KEY AUTOINCREMENT"
        if engine.dialect.name == "sqlite"
        else f"INTEGER {given} PRIMARY KEY"
    )
    run(
        engine,
        # SQLAlchemy 2.0 finds one CHECK a line.
        f"CREATE TABLE thing (id {key}, name VARCHAR(20) DEFAULT 'a, (b' CHECK (name <> ''),\nn INTEGER NOT NULL "
        "CHECK (n < 10),\n/* a, comment */ CONSTRAINT few CHECK (n > 1 OR name = 'x'))",
        "CREATE TABLE other (thing_id INTEGER, "
        "CONSTRAINT fk_other_thing_id_thing FOREIGN KEY (thing_id) REFERENCES thing (id) ON DELETE CASCADE)",
        "INSERT INTO thing (n) VALUES (5), (6)",
        "INSERT INTO other VALUES (1), (2)",
    )

    def version() -> Any:
        few = CheckConstraint("n > 1 OR name = 'x'", name=conv("few"))
        low = CheckConstraint("n < 10", name=conv("low"))
        given_name = CheckConstraint("name <> ''", name=conv("given"))
        new = thing(
            sourced=True,
            name=mapped_column(String(20), nullable=True),
            n=mapped_column(Integer, nullable=False),
            __table_args__=(few, low, given_name),
        )
        Table("other", new.metadata, Column("thing_id", ForeignKey("thing.id", ondelete="CASCADE")))
        return new

    new = version()
    project.migrate("sourced", new)
    assert project.differences(version()) == []
    things = repository(new, engine)
    things.append(1, n=7)
    for wrong in ({"n": 11}, {"n": 1}, {"name": ""}):
        with pytest.raises(IntegrityError):
            things.append(1, **wrong)
    things.append_many([NewEvent(3, {"n": 1, "name": "x"}), NewEvent(3, {}, ends=True)])
    project.downgrade("-1")

    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, n FROM thing ORDER BY id")).all() == [(1, 7), (2, 6)]
        assert connection.scalar(text("SELECT count(*) FROM other")) == 2
    for wrong in ("(20, 'a')", "(1, 'a')", "(5, '')", "(NULL, 'a')"):
        with pytest.raises(DBAPIError):
            run(engine, f"INSERT INTO thing (n, name) VALUES {wrong}")
    run(engine, "INSERT INTO thing (n) VALUES (9)")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM thing WHERE n = 9")) == "a, (b"


def test_sqlite_keeps_rows_that_refer_to_the_table(tmp_path):
    """Where it checks keys, a copy of the table in its place would delete them."""
    engine = create_engine(f"sqlite:///{tmp_path}/keys.db")
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys = ON"))
    project = Project(tmp_path / "project", engine)
    old = thing(sourced=False, name=mapped_column(String(20), nullable=False))
    run(
        engine,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL)",
        "CREATE TABLE other (thing_id INTEGER, "
        "CONSTRAINT fk_other_thing_id_thing FOREIGN KEY (thing_id) REFERENCES thing (id) ON DELETE CASCADE)",
        "INSERT INTO thing VALUES (1, 'a')",
        "INSERT INTO other VALUES (1)",
    )
    new = thing(sourced=True, name=mapped_column(String(20), nullable=False))
    Table("other", new.metadata, Column("thing_id", ForeignKey("thing.id", ondelete="CASCADE")))
    project.migrate("sourced", new)
    index = "SELECT sql FROM sqlite_master WHERE name = 'ix_thing_osiris_fingerprint'"
    with engine.connect() as connection:
        assert "WHERE" in connection.scalars(text(index)).one()  # nothing reads it, so it holds no row
    project.downgrade("-1")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM other")) == 1
        assert connection.execute(select(old.__table__)).all() == [(1, "a")]
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    engine.dispose()


def test_a_table_in_a_schema_becomes_the_heads_there(project, engine):
    if engine.dialect.name == "sqlite":
        return  # its schemas are files, which a migration has attached or not

    def version(*, sourced: bool) -> Any:
        base: Any = type("Base", (DeclarativeBase,), {"metadata": MetaData(schema="in_place_hr")})
        body = {"__tablename__": "thing", "id": mapped_column(Integer, primary_key=True)}
        body |= {
            "name": mapped_column(String(9), CheckConstraint("name <> ''", name="ck_name"), nullable=False)
        }
        given = {"__snapshot_table__": "thing", "__append_only__": True} if sourced else {}
        return type("Thing", (EventSourced, base) if sourced else (base,), {**body, **given})

    run(engine, "DROP SCHEMA IF EXISTS in_place_hr", "CREATE SCHEMA in_place_hr")
    old = version(sourced=False)
    project.migrate("ordinary", old)
    with engine.begin() as connection:
        connection.execute(old.__table__.insert(), [{"name": "a"}])
    new = version(sourced=True)
    project.migrate("sourced", new)
    things = repository(new, engine)
    things.append(1, name="b")
    with pytest.raises(IntegrityError):
        things.append(1, name="")
    with pytest.raises(DBAPIError):
        run(engine, "UPDATE in_place_hr.thing SET name = 'c'")
    project.downgrade("-1")
    with engine.connect() as connection:
        assert connection.execute(select(old.__table__)).all() == [(1, "b")]
    project.downgrade("base")
    run(engine, "DROP SCHEMA in_place_hr")
