"""ARRAY fields: on PostgreSQL a column of arrays, elsewhere the JSON that a variant says, and the same values everywhere."""

import asyncio
import uuid
from datetime import date

import pytest
from hypothesis import strategies as st
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Text,
    Uuid,
    any_,
    create_engine,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    AsyncSQLRepository,
    Context,
    DeclarationError,
    EventSourced,
    EventView,
    Every,
    First,
    InvalidValue,
    Latest,
    Max,
    MemoryRepository,
    Never,
    NewEvent,
    OsirisError,
    Reducer,
    SQLRepository,
    Sum,
    as_of,
    copy,
    export_events,
    import_events,
    repository,
)
from sqla_osiris.testing import check_model
from tests.conftest import DATABASES

pytestmark = pytest.mark.filterwarnings("ignore:Type object.*operator_classes")

ELSEWHERE = ("sqlite", "mysql", "mariadb")


class Base(DeclarativeBase):
    pass


class Longest(Reducer):
    """The longest array so far: Python folds it."""

    def identity(self):
        return []

    def lift(self, touch):
        return touch

    def merge(self, left, right):
        return right if len(right) > len(left) else left


class Tagged:
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    tags: Mapped[list[str] | None] = Latest(ARRAY(String(40)).with_variant(JSON(), *ELSEWHERE))
    counts: Mapped[list[int] | None] = Latest(
        MutableList.as_mutable(ARRAY(Integer).with_variant(JSON(), *ELSEWHERE))
    )
    grid: Mapped[list[list[float]] | None] = Aggregate(
        ARRAY(Float, dimensions=2).with_variant(JSON(), *ELSEWHERE), reducer=First()
    )
    longest: Mapped[list[int]] = Aggregate(
        ARRAY(Integer).with_variant(JSON(), *ELSEWHERE), reducer=Longest(), state_type=JSON
    )
    team: Mapped[str | None] = Latest(String(20))


class Inlined(EventSourced, Tagged, Base):
    __tablename__ = "arrays_inline"


class Everied(EventSourced, Tagged, Base):
    __tablename__ = "arrays_every"
    __snapshot__ = Every(2)


class Nevered(EventSourced, Tagged, Base):
    __tablename__ = "arrays_never"
    __snapshot__ = Never()


class Team(EventView, of=Inlined, by="team"):
    tags: Mapped[list[str] | None] = Latest(ARRAY(String(40)).with_variant(JSON(), *ELSEWHERE))
    grid: Mapped[list[list[float]] | None] = Aggregate(
        ARRAY(Float, dimensions=2).with_variant(JSON(), *ELSEWHERE), reducer=First()
    )


class Stored(EventView, of=Inlined, by="team"):
    __snapshot__ = Every(1)
    tags: Mapped[list[str] | None] = Latest(ARRAY(String(40)).with_variant(JSON(), *ELSEWHERE))


ODD = ["", "NULL", "a,b", '"', "\\", "{}", "ü ", None, "'", "\n"]
VALUES = [
    {"tags": ODD, "counts": [1, None, -(2**31)], "grid": [[1.5, 1e300], [-0.25, 1e-7]], "longest": [1, 2]},
    {"tags": [], "counts": [], "grid": [], "longest": [5]},
    {"tags": None, "counts": None, "team": "a"},
    {"tags": ["x"], "counts": [2], "grid": [[7.0]], "longest": [1, 2, 3], "team": "a"},
    {"team": "a"},
]
EXPECTED = (["x"], [2], [[1.5, 1e300], [-0.25, 1e-7]], [1, 2, 3])


def state_of(state):
    return tuple(
        None if v is None else list(v) for v in (state.tags, state.counts, state.grid, state.longest)
    )


@pytest.fixture(params=[Inlined, Everied, Nevered], ids=lambda model: model.__name__)
def model(request):
    return request.param


@pytest.fixture
def arrays(opens, model):
    return opens(model)


def test_every_way_in_and_out_keeps_them(arrays, tmp_path):
    context = f"one {uuid.uuid4().hex[:8]}"
    for fields in VALUES:
        assert dict(arrays.append(context, **fields).fields) == fields
    many = f"many {uuid.uuid4().hex[:8]}"
    arrays.append_many([NewEvent(many, fields) for fields in VALUES])

    for each in (context, many):
        assert [dict(event.fields) for event in arrays.history(each)] == VALUES
        assert state_of(arrays.state(each)) == EXPECTED
        assert arrays.state(each, at=1).tags == ODD
        arrays.snapshot(each)
        assert state_of(arrays.state(each)) == EXPECTED
    fed = [dict(event.fields) for event in arrays.feed(limit=100_000) if event.context == many]
    assert fed == VALUES
    assert arrays.verify()

    memory = MemoryRepository(arrays.model)
    export_events(arrays, tmp_path / "events")
    import_events(memory, tmp_path / "events")
    assert state_of(memory.state(many)) == EXPECTED


def test_a_copy_goes_from_arrays_to_documents(postgresql_database, tmp_path):
    source = SQLRepository(Inlined, create_engine(postgresql_database))
    target = SQLRepository(Inlined, create_engine(f"sqlite:///{tmp_path / 'copy.db'}"))
    for each in (source, target):
        each.create()
    source.append_many([NewEvent("a", fields) for fields in VALUES])

    assert copy(source, target) == len(VALUES)
    assert state_of(target.state("a")) == EXPECTED
    assert copy(target, source) == 0
    source._target.dispose()
    target._target.dispose()


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_a_flush_writes_one_and_many(session):
    session.add(Inlined(id="one", tags=ODD, counts=[1]))
    session.flush()
    session.add_all([Inlined(id=f"m{i}", tags=[str(i)] * i, grid=[[float(i)]]) for i in range(5)])
    session.commit()

    assert session.get_one(Inlined, "one").tags == ODD
    assert [session.get_one(Inlined, f"m{i}").tags for i in range(5)] == [[str(i)] * i for i in range(5)]


def test_a_change_in_place_is_noticed(session):
    one = Inlined(id="one", tags=["a"], counts=[1])
    session.add(one)
    session.commit()
    one.tags.append("b")
    one.counts.append(2)
    session.commit()
    one.counts.append(2)
    one.counts.pop()
    session.commit()

    assert (one.tags, one.counts, one.seq) == (["a", "b"], [1, 2], 2)
    event = session.get_one(Inlined.Event, ("one", 2))
    assert (event.tags, event.counts) == (["a", "b"], [1, 2])


def test_the_past_and_views_have_them(session):
    for fields in VALUES:
        repository(Inlined, session).append("one", **fields)
    past = as_of(Inlined, 1)

    assert session.scalar(select(past.tags)) == ODD
    assert session.execute(select(Team.team, Team.tags, Team.grid)).all() == [("a", ["x"], [[7.0]])]


def test_a_stored_view_has_them(session):
    repository(Inlined, session).append("one", team="a", tags=["x"])
    session.commit()
    repository(Inlined, session.get_bind()).snapshots()
    repository(Inlined, session).append("one", team="a", tags=["y", "z"])
    repository(Inlined, session).append("two", team="b", tags=["w"])
    session.commit()

    assert dict(session.execute(select(Stored.team, Stored.tags)).all()) == {"a": ["y", "z"], "b": ["w"]}


def test_queries_compare_arrays_as_the_database_does(postgresql_database):
    engine = create_engine(postgresql_database)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Inlined(id="a", tags=["x", "y"]), Inlined(id="b", tags=["z"])])
        session.commit()

        assert session.scalars(select(Inlined.id).where(any_(Inlined.tags) == "x")).all() == ["a"]
        assert session.scalars(select(Inlined.id).where(func.cardinality(Inlined.tags) == 1)).all() == ["b"]
        assert session.scalars(select(Inlined.id).where(Inlined.tags == ["z"])).all() == ["b"]
        assert session.scalar(select(Inlined.tags[2]).where(Inlined.id == "a")) == "y"
    engine.dispose()


def test_the_kit_finds_no_difference(database_url):
    check_model(Inlined, database_url, values={"longest": st.lists(st.integers(-9, 9), max_size=3)})


ELEMENTS = [
    (Integer, [1, -(2**31)]),
    (SmallInteger, [1, 2**15 - 1]),
    (BigInteger, [1, 2**63 - 1]),
    (String, ODD),
    (Text, ODD),
    (Boolean, [True, None, False]),
    (Float, [0.1, 1e-300, -1.5]),
    (Uuid, [uuid.UUID(int=1), None]),
    (Date, [date(2026, 11, 30), date.min, date.max]),
]


@pytest.mark.parametrize(("element", "value"), ELEMENTS, ids=lambda given: getattr(given, "__name__", ""))
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_an_array_of_each_type_comes_back(postgresql_database, element, value, driver):
    class Own(DeclarativeBase):
        pass

    class Sample(EventSourced, Own):
        __tablename__ = "sample"
        id = Context(String(9))
        value = Latest(ARRAY(element))
        seen = Aggregate(ARRAY(element), reducer=Longest())

    async def played(engine):
        arrays = AsyncSQLRepository(Sample, engine)
        await arrays.create()
        await arrays.append("a", value=value, seen=value)
        await arrays.append_many(
            [NewEvent("b", {"value": value, "seen": value}), NewEvent("b", {"seen": []})]
        )
        read = [await arrays.state(context) for context in "ab"]
        history = [event async for event in arrays.history("b")]
        await engine.dispose()
        return [
            *((each.value, each.seen) for each in read),
            (history[0].fields["value"], history[0].fields["seen"]),
        ]

    url = postgresql_database.replace("+psycopg", f"+{driver}")
    assert asyncio.run(played(create_async_engine(url))) == [(value, value)] * 3


@pytest.mark.parametrize("database_url", [each for each in DATABASES if each != "postgresql"], indirect=True)
def test_a_database_without_arrays_says_what_to_declare(database_url):
    class Own(DeclarativeBase):
        pass

    class Sample(EventSourced, Own):
        __tablename__ = "sample"
        id = Context(String(9))
        value = Latest(ARRAY(Integer))

    engine = create_engine(database_url)
    for call in (lambda: Own.metadata.create_all(engine), lambda: repository(Sample, engine)):
        with pytest.raises(OsirisError, match=r"has none. Declare it as JSON there.*with_variant\(JSON\(\)"):
            call()
    engine.dispose()


@pytest.mark.parametrize(
    "type_",
    [
        ARRAY(Numeric),
        ARRAY(DateTime),
        ARRAY(JSON),
        ARRAY(Enum("a", name="an_enum")),
        ARRAY(postgresql.INET),
        ARRAY(Integer, as_tuple=True),
        ARRAY(Uuid).with_variant(JSON(), "sqlite"),
        ARRAY(Integer).with_variant(Text(), "sqlite"),
        JSON().with_variant(ARRAY(Integer), "postgresql"),
    ],
    ids=repr,
)
def test_other_arrays_are_refused(type_):
    with pytest.raises(DeclarationError, match=r"JSON|as_tuple|TypeDecorator"):
        declared(value=Latest(type_))


@pytest.mark.parametrize(
    "fields",
    [
        {"value": Aggregate(ARRAY(Integer), reducer=Max())},
        {"value": Aggregate(ARRAY(Integer), reducer=Sum())},
        {"value": Aggregate(Integer, reducer=Longest(), state_type=ARRAY(Integer))},
        {"id": Context(ARRAY(Integer)), "value": Latest(Integer)},
    ],
    ids=["Max", "Sum", "state_type", "context"],
)
def test_an_array_cannot_stand_everywhere(fields):
    with pytest.raises(DeclarationError):
        declared(**fields)


def declared(**fields):
    base = type("Own", (DeclarativeBase,), {})
    return type(
        "Sample", (EventSourced, base), {"__tablename__": "sample", "id": Context(String(9)), **fields}
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("counts", 7),
        ("counts", "1"),
        ("counts", [2**31]),
        ("counts", ["1"]),
        ("counts", [[1], [1, 2]]),
        ("counts", [[], []]),
        ("counts", [1, [2]]),
        ("tags", ["x" * 41]),
        ("tags", ["\x00"]),
        ("grid", [1.5]),
        ("grid", [[[1.5]]]),
        ("grid", [[float("nan")]]),
    ],
)
def test_what_an_array_does_not_keep_is_refused(field, value):
    with pytest.raises(InvalidValue):
        MemoryRepository(Inlined).append("a", **{field: value})


def test_a_tuple_becomes_a_list():
    assert MemoryRepository(Inlined).append("a", tags=("a", "b")).fields["tags"] == ["a", "b"]
