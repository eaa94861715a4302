"""What an adopted table brings along: keys from others and to itself, numbers that it gives, enumerations, odd names."""

import enum
from typing import Any

import pytest
from sqlalchemy import (
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    MetaData,
    Sequence,
    String,
    text,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, Latest, NewEvent, repository
from tests.migrations.project import CONVENTION


def new_base() -> Any:
    return type("Base", (DeclarativeBase,), {"metadata": MetaData(naming_convention=CONVENTION)})


def run(engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def found(engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) if len(row) > 1 else row[0] for row in connection.execute(text(query))]


def model(base: Any, table: str, /, *, sourced: bool, **body: Any) -> Any:
    bases = (EventSourced, base) if sourced else (base,)
    return type(table.title(), bases, {"__tablename__": table, **body})


def head(name: str, *, sourced: bool) -> str:
    return f"{name}_snapshot" if sourced else name


# Keys of others


def shop(*, sourced: bool) -> list[Any]:
    """Customers, and two tables that refer to them."""
    base = new_base()
    customer = model(
        base,
        "customer",
        sourced=sourced,
        id=mapped_column(Integer, primary_key=True),
        name=mapped_column(String(20)),
    )
    key = f"{head('customer', sourced=sourced)}.id"
    others = [
        model(
            base,
            name,
            sourced=False,
            id=mapped_column(Integer, primary_key=True),
            customer_id=mapped_column(Integer, ForeignKey(key)),
        )
        for name in ("invoice", "letter")
    ]
    return [customer, *others]


def test_a_table_that_others_refer_to_is_adopted_there_and_back_and_again(project):
    engine = project.engine
    project.migrate("ordinary", *shop(sourced=False))
    run(
        engine,
        "INSERT INTO customer VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO invoice VALUES (1, 1)",
        "INSERT INTO letter VALUES (1, 2)",
    )
    adopted = shop(sourced=True)
    project.migrate("sourced", *adopted)

    assert project.differences(*adopted) == []
    repository(adopted[0], engine).append(3, name="c")
    run(engine, "INSERT INTO invoice VALUES (2, 3)")
    project.downgrade("-1")
    assert found(engine, "SELECT id, name FROM customer ORDER BY id") == [(1, "a"), (2, "b"), (3, "c")]
    project.upgrade()
    joined = "SELECT customer_id, name FROM invoice JOIN customer_snapshot c ON c.id = customer_id ORDER BY 1"
    assert found(engine, joined) == [(1, "a"), (3, "c")]


def pairs(*, sourced: bool) -> list[Any]:
    """A key of two columns."""
    base = new_base()
    place = model(
        base,
        "place",
        sourced=sourced,
        row=mapped_column(Integer, primary_key=True, autoincrement=False),
        shelf=mapped_column(Integer, primary_key=True, autoincrement=False),
        label=mapped_column(String(20)),
    )
    name = head("place", sourced=sourced)
    keys = ForeignKeyConstraint(["row", "shelf"], [f"{name}.row", f"{name}.shelf"], name="fk_box_place")
    box = model(
        base,
        "box",
        sourced=False,
        id=mapped_column(Integer, primary_key=True),
        row=mapped_column(Integer),
        shelf=mapped_column(Integer),
        __table_args__=(keys,),
    )
    return [place, box]


def test_a_key_of_two_columns_follows_the_adopted_table(project):
    engine = project.engine
    project.migrate("ordinary", *pairs(sourced=False))
    run(engine, *(f"INSERT INTO {sql}" for sql in ("place VALUES (1, 2, 'a')", "box VALUES (1, 1, 2)")))
    adopted = pairs(sourced=True)
    project.migrate("sourced", *adopted)
    project.downgrade("-1")
    project.upgrade()

    assert project.differences(*adopted) == []
    assert repository(adopted[0], engine).state((1, 2)).label == "a"


def test_tables_that_refer_to_each_other_are_adopted_in_order(project):
    def models(*, sourced: bool) -> list[Any]:
        base = new_base()
        parts: Any = {"sourced": sourced, "id": mapped_column(Integer, primary_key=True, autoincrement=False)}
        key = ForeignKey(f"{head('team', sourced=sourced)}.id")
        # Declared, and named, before what it refers to.
        member = model(
            base,
            "a_member",
            team_id=Latest(Integer, key) if sourced else mapped_column(Integer, key),
            **parts,
        )
        parts["id"] = mapped_column(Integer, primary_key=True, autoincrement=False)
        return [member, model(base, "team", name=mapped_column(String(20)), **parts)]

    engine = project.engine
    project.migrate("ordinary", *models(sourced=False))
    run(
        engine,
        "INSERT INTO team (id, name) VALUES (1, 'a')",
        "INSERT INTO a_member (id, team_id) VALUES (1, 1)",
    )
    adopted = models(sourced=True)
    project.migrate("sourced", *adopted)

    assert project.differences(*adopted) == []
    assert repository(adopted[0], engine).state(1).team_id == 1


def staff(*, sourced: bool) -> Any:
    base = new_base()
    key = ForeignKey(f"{head('worker', sourced=sourced)}.id")
    return model(
        base,
        "worker",
        sourced=sourced,
        id=mapped_column(Integer, primary_key=True, autoincrement=False),
        boss_id=mapped_column(Integer, key, nullable=True),
    )


def test_a_table_that_refers_to_itself_is_adopted_there_and_back(project):
    engine = project.engine
    project.migrate("ordinary", staff(sourced=False))
    run(engine, "INSERT INTO worker VALUES (2, NULL)", "INSERT INTO worker VALUES (1, 2), (3, 2)")
    adopted = staff(sourced=True)
    project.migrate("sourced", adopted)
    workers = repository(adopted, engine)
    assert [state.boss_id for state in workers.states([1, 2, 3])] == [2, None, 2]
    # Who was referred to goes, and who is new refers to who is newer.
    workers.append(5, boss_id=None)
    workers.append(4, boss_id=5)
    workers.append(1, boss_id=4)
    workers.append(3, boss_id=None)
    workers.append_many([NewEvent(2, {}, ends=True)])
    project.downgrade("-1")

    assert found(engine, "SELECT id, boss_id FROM worker ORDER BY id") == [
        (1, 4),
        (3, None),
        (4, 5),
        (5, None),
    ]
    project.upgrade()
    assert project.differences(adopted) == []


# Keys that the database gives


def numbered(kind: str, *, sourced: bool) -> Any:
    base, given = new_base(), dict[str, Any]()
    identity = [Identity()] if kind == "identity" and not sourced else []
    if kind == "sequence" and not sourced:
        given["server_default"] = Sequence("counted").next_value()
    arguments = {"sqlite_autoincrement": True} if kind == "autoincrement" and not sourced else {}
    return model(
        base,
        "ticket",
        sourced=sourced,
        id=mapped_column(Integer, *identity, primary_key=True, **given),
        name=mapped_column(String(20)),
        __table_args__=arguments,
    )


KINDS = ["serial", "identity", "sequence", "autoincrement"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_is_ordinary_again_gives_keys_that_are_free(project, kind):
    engine = project.engine
    if kind == "sequence":
        kind = "sequence" if engine.dialect.name == "postgresql" else "serial"
        run(engine, *(["CREATE SEQUENCE counted"] if kind == "sequence" else []))
    project.migrate("ordinary", numbered(kind, sourced=False))
    run(engine, "INSERT INTO ticket (name) VALUES ('a')")
    adopted = numbered(kind, sourced=True)
    project.migrate("sourced", adopted)
    tickets = repository(adopted, engine)
    tickets.append(2, name="b")
    tickets.append(9, name="c")
    project.downgrade("-1")
    run(engine, "INSERT INTO ticket (name) VALUES ('d')")

    assert [name for _, name in found(engine, "SELECT id, name FROM ticket ORDER BY id")] == list("abcd")


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_became_a_log_goes_on_giving_keys(project, kind):
    if kind == "sequence":
        kind = "sequence" if project.engine.dialect.name == "postgresql" else "serial"
        run(project.engine, *(["CREATE SEQUENCE counted"] if kind == "sequence" else []))
    project.migrate("ordinary", numbered(kind, sourced=False))
    run(project.engine, "INSERT INTO ticket (name) VALUES ('a'), ('b')")
    adopted = numbered(kind, sourced=True)
    project.migrate("sourced", adopted)

    assert repository(adopted, project.engine).append(None, name="c").context == 3
    assert project.differences(adopted) == []


# Enumerations


class Kind(enum.Enum):
    A = 1
    B = 2


class Mood(enum.Enum):
    GOOD = 1
    BAD = 2


def thing(*, sourced: bool, **more: Any) -> Any:
    latest = Latest if sourced else mapped_column
    return model(
        new_base(),
        "thing",
        sourced=sourced,
        id=mapped_column(Integer, primary_key=True, autoincrement=False),
        kind=latest(Enum(Kind), nullable=True),
        other_kind=latest(Enum(Kind), nullable=True),
        mood=latest(Enum(Mood, name="mood_of_things"), nullable=True),
        **more,
    )


def test_a_table_with_enumerations_is_adopted_there_and_back_and_again(project):
    engine = project.engine
    project.migrate("ordinary", thing(sourced=False))
    run(engine, "INSERT INTO thing (id, kind, mood) VALUES (1, 'B', 'BAD')")
    adopted = thing(sourced=True)
    project.migrate("sourced", adopted)
    project.downgrade("-1")
    project.upgrade()
    state = repository(adopted, engine).state(1)

    assert project.differences(adopted) == []
    assert (state.kind, state.other_kind, state.mood) == (Kind.B, None, Mood.BAD)


def test_a_model_with_enumerations_goes_and_comes_again(project):
    new = thing(sourced=True, __archive__=True)
    project.migrate("new", new)
    project.downgrade("base")
    project.upgrade()

    assert repository(new, project.engine).append(1, kind=Kind.B, mood=Mood.GOOD).seq == 1
    assert project.differences(new) == []


def test_a_field_that_is_an_enumeration_comes_and_goes(project):
    def version(**more: Any) -> Any:
        return model(new_base(), "thing", sourced=True, id=Context(Integer), n=Aggregate(Integer), **more)

    project.migrate("one", version())
    two = version(kind=Latest(Enum(Kind)))
    project.migrate("two", two)
    project.downgrade("-1")
    project.upgrade()

    assert repository(two, project.engine).append(1, kind=Kind.A).fields == {"kind": Kind.A}
    assert project.differences(two) == []


# Odd names


@pytest.mark.parametrize("name", ["Upper", "select", "a b", "a%b", 'a"b', "a'b", "a:b", "größe"])
def test_an_odd_name_of_a_table_and_a_column_is_adopted_there_and_back(project, name):
    def version(*, sourced: bool) -> Any:
        return model(
            new_base(),
            name,
            sourced=sourced,
            id=mapped_column(Integer, primary_key=True, autoincrement=False),
            n=(Aggregate if sourced else mapped_column)(name, Integer),
        )

    engine, old = project.engine, version(sourced=False)
    project.migrate("ordinary", old)
    with engine.begin() as connection:
        connection.execute(old.__table__.insert(), [{"id": 1, name: 7}])
    new = version(sourced=True)
    project.migrate("sourced", new)
    items = repository(new, engine)
    items.append(1, n=1)
    items.append(2, n=5)
    project.downgrade("-1")

    with engine.connect() as connection:
        assert sorted(map(tuple, connection.execute(old.__table__.select()))) == [(1, 8), (2, 5)]
    project.upgrade()
    assert project.differences(new) == []
