"""Which names do tables and columns take, and what becomes of those that the library makes of them?"""

import pytest
from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, create_engine, delete, inspect
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    DeclarationError,
    EventSourced,
    EventView,
    Every,
    Inline,
    Latest,
    Mean,
    NewEvent,
    Reducer,
    Sum,
    repository,
)
from sqla_osiris.types.encrypted import Encrypted

# Long names


def declared(base, table="item", **fields):
    parts = {"__tablename__": table, "__snapshot__": Inline(), "id": Context(String(9))}
    return type("Item", (EventSourced, base), parts | (fields or {"n": Latest(Integer)}))


TABLES = [
    pytest.param({}, "_snapshot", id="heads"),
    pytest.param({"__archive__": True}, "_event_archive", id="archive"),
]


@pytest.mark.parametrize(("options", "suffix"), TABLES)
def test_a_table_of_the_longest_name_works(engine, base, options, suffix):
    item = declared(base, "t" * (63 - len(suffix)), n=Aggregate(Integer), __append_only__=True, **options)
    base.metadata.create_all(engine)
    items = repository(item, engine)
    items.append("a", n=1)
    items.append_many([NewEvent("a", {"n": 2})])

    assert items.state("a").n == 3
    with engine.begin() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(delete(item.Event.__table__))


@pytest.mark.parametrize(("options", "suffix"), TABLES)
def test_a_table_whose_name_does_not_fit_is_refused(base, options, suffix):
    name = "t" * (64 - len(suffix))
    with pytest.raises(DeclarationError, match=rf"Item: the table '{name}{suffix}'.*64 bytes.*63.*1 shorter"):
        declared(base, name, n=Aggregate(Integer), **options)

    assert not base.metadata.tables


def test_a_name_is_as_long_as_its_bytes(base):
    with pytest.raises(DeclarationError, match=r"69 bytes"):
        declared(base, "ä" * 30)


def test_the_table_of_keys_is_one_of_them(base):
    with pytest.raises(DeclarationError, match=r"_snapshot'.*64 bytes"):
        declared(base, "t" * 55, n=Latest(Encrypted(String(9), master_key=b"k" * 32)))


def test_the_table_of_a_views_groups_is_one_of_them(base):
    item = declared(base, n=Latest(Integer), price=Aggregate(Integer))
    before = set(base.metadata.tables)
    with pytest.raises(DeclarationError, match=r"ByNumber: the table 'vvv.*_snapshot'"):

        class ByNumber(EventView, of=item, by="n"):
            __tablename__ = "v" * 60
            __snapshot__ = Every(3)
            price = Aggregate(Integer)

    assert set(base.metadata.tables) == before


def test_the_table_of_where_views_are_is_one_of_them(base):
    item = declared(base, "t" * 54, n=Latest(Integer), price=Aggregate(Integer))
    with pytest.raises(DeclarationError, match=r"Item: the table 'ttt.*_event_views'"):

        class ByNumber(EventView, of=item, by="n"):
            __snapshot__ = Every(3)
            price = Aggregate(Integer)


class Listed(Reducer):
    def identity(self):
        return []

    def lift(self, touch):
        return [touch]

    def merge(self, left, right):
        return left + right


COLUMNS = [
    pytest.param(lambda: Latest(Integer), "", id="the field's own"),
    pytest.param(lambda: Aggregate(Integer, reducer=Mean()), "osiris_count_", id="a part"),
    pytest.param(lambda: Aggregate(JSON, reducer=Append()), "osiris_state_", id="a kept state"),
    pytest.param(lambda: Aggregate(JSON, reducer=Listed()), "osiris_state_", id="a user's"),
]


@pytest.mark.parametrize(("field", "prefix"), COLUMNS)
def test_a_column_of_the_longest_name_works(engine, base, field, prefix):
    name = "f" * (63 - len(prefix))
    item = declared(base, **{name: field()})
    items = repository(item, engine)
    items.create()
    items.append("a", **{name: [1] if prefix == "osiris_state_" else 1})

    assert getattr(items.state("a"), name) in (1, [1], [[1]])


@pytest.mark.parametrize(("field", "prefix"), COLUMNS)
def test_a_column_whose_name_does_not_fit_is_refused(base, field, prefix):
    name = "f" * (64 - len(prefix))
    with pytest.raises(DeclarationError, match=rf"Item\.{name}: the column '{prefix}{name}'.*64 bytes.*63"):
        declared(base, **{name: field()})


def test_a_contexts_column_is_one_of_them(base):
    with pytest.raises(DeclarationError, match=r"Item\.i+: the column"):
        declared(base, id=Context("i" * 64, Integer), n=Latest(Integer))


def test_an_attribute_may_be_longer_than_its_column(engine, base):
    item = declared(base, **{"f" * 80: Aggregate("short", Integer)})
    items = repository(item, engine)
    items.create()
    items.append("a", **{"f" * 80: 1})

    assert getattr(items.state("a"), "f" * 80) == 1


@pytest.mark.parametrize("policy", [Inline(), Every(3)])
def test_names_that_are_alike_for_long_stay_apart(engine, base, policy):
    names = ["f" * 49 + "1", "f" * 49 + "2"]
    item = declared(base, **{name: Aggregate(JSON, reducer=Append()) for name in names}, __snapshot__=policy)
    items = repository(item, engine)
    items.create()
    for _ in range(2):
        items.append("a", **{name: [name] for name in names})
    with Session(engine) as session:
        state = session.get(item, "a")

        assert [getattr(state, name) for name in names] == [[name, name] for name in names]


def test_groups_of_names_that_are_alike_for_long_stay_apart(engine, base):
    names = ["f" * 62 + "1", "f" * 62 + "2"]
    item = declared(base, **{name: Aggregate(Integer) for name in names})

    class View(EventView, of=item, by="id"):
        __tablename__ = "by_id"
        locals().update({name: Aggregate(Integer, reducer=Sum()) for name in names})

    items = repository(item, engine)
    items.create()
    items.append("a", **{names[0]: 1, names[1]: 2})
    with Session(engine) as session:
        state = session.get(View, "a")

        assert [getattr(state, name) for name in names] == [1, 2]


# Names that are taken, and names that a convention does not give


@pytest.mark.parametrize("taken", ["item_event", "item_snapshot", "item_event_archive"])
def test_a_table_that_is_there_is_refused(base, taken):
    Table(taken, base.metadata, Column("id", Integer, primary_key=True))
    with pytest.raises(DeclarationError, match=rf"Item needs the table '{taken}'"):
        declared(base, n=Latest(Integer), __archive__=True)

    assert set(base.metadata.tables) == {taken}


def test_a_model_that_is_declared_twice_is_refused(base):
    declared(base)
    with pytest.raises(DeclarationError, match=r"Again needs the table 'item_snapshot'.*new MetaData"):
        type("Again", (EventSourced, base), {"__tablename__": "item", "n": Latest(Integer)})


@pytest.mark.parametrize("convention", [{"pk": "pk_%(table_name)s"}, {"ck": "ck_%(column_0_name)s"}])
def test_a_convention_without_a_name_for_indexes_is_enough(engine, convention):
    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=convention)

    item = declared(Base, n=Latest(Integer, index=True), __archive__=True)
    Base.metadata.create_all(engine)
    repository(item, engine).append("a", n=1)

    names = {index["name"] for index in inspect(engine).get_indexes("item_snapshot")}
    assert {"ix_item_snapshot_n", "ix_item_snapshot_osiris_fingerprint"} <= names


# Odd names

ODD = ["a%b", "a$osiris$b", 'a"b', "a'b", "a.b", "Upper", "select", ":a", "(a)", "größe", "a;b"]


@pytest.fixture(params=["table and field", "context"])
def oddly_named(request, base):
    def declare(name):
        place = request.param
        body = {
            "__tablename__": "item" if place == "context" else name,
            "__archive__": True,
            "__append_only__": True,
            "__notify__": True,
            "id": Context(name if place == "context" else "id", String(20)),
            "n": Aggregate("n" if place == "context" else name, Integer, index=True),
        }
        return type("Item", (EventSourced, base), body)

    return declare


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_a_name(engine, base, oddly_named, name):
    item = oddly_named(name)
    base.metadata.create_all(engine)
    items = repository(item, engine)
    items.append("a", n=1)
    assert items.append_many(NewEvent("b", {"n": 1}) for _ in range(2)) == 2
    with Session(engine) as session, session.begin():
        session.add(item(id="c", n=1))
    with engine.begin() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(delete(item.Event.__table__))
    items.snapshots()

    assert items.archive(keep=0) == 4
    assert [event.context for event in items.feed(limit=9)] == ["a", "b", "b", "c"]
    assert [(state.id, state.n) for state in items.states()] == [("a", 1), ("b", 2), ("c", 1)]
    base.metadata.drop_all(engine)
    assert inspect(engine).get_table_names() == []


@pytest.mark.parametrize("name", ["a`b", "a\nb", "a\x00b"])
def test_a_name_that_sqlalchemy_cannot_read_back_is_refused(base, oddly_named, name):
    with pytest.raises(DeclarationError, match="name cannot be"):
        oddly_named(name)


def test_a_batch_is_copied_into_a_table_with_a_percent_sign_in_its_name(postgresql_database, base):
    item = declared(base, "rate%", n=Aggregate("n%%", Integer))
    engine = create_engine(postgresql_database)
    base.metadata.create_all(engine)
    items = repository(item, engine)

    assert items.append_many(NewEvent("a", {"n": 1}) for _ in range(1000)) == 1000
    assert items.state("a").n == 1000
    engine.dispose()
