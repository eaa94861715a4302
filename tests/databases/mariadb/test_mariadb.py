"""What MariaDB does by itself that the other databases do not, and must not show."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    create_engine,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import mysql, oracle
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Every,
    FoldUnavailable,
    Inline,
    InvalidValue,
    Latest,
    Max,
    Merge,
    Never,
    NewEvent,
    OsirisError,
    repository,
)
from sqla_osiris.databases.registry import MARIADB, MYSQL, database_of


def declared(policy: Any = Inline(), **fields: Any) -> Any:  # noqa: B008  (policies are values)
    """A model `Sample` of these fields."""

    class Base(DeclarativeBase):
        pass

    given = {"id": Context(String(20)), **fields}
    attributes = {"__tablename__": "sample", "__snapshot__": policy, **given}
    return type("Sample", (EventSourced, Base), attributes)


def created(engine: Any, model: Any) -> Any:
    """The model's repository, its tables made."""
    model.metadata.create_all(engine)
    return repository(model, engine)


# --- the dialect ------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["mariadb+pymysql", "mysql+pymysql"])
def test_either_scheme_of_a_url_is_mariadb(mariadb_database, scheme):
    url = make_url(mariadb_database).set(drivername=scheme).render_as_string(hide_password=False)
    samples = repository(declared(n=Aggregate(Integer), at=Latest(String)), url)
    samples.create()
    samples.append("bob", n=1, event_id=uuid4())
    samples.append_many(NewEvent(context, {"n": 2, "at": None}) for context in ["bob", "jane"])

    assert [(state.id, state.seq, state.n) for state in samples.states()] == [("bob", 2, 3), ("jane", 1, 2)]


def test_a_table_made_by_one_scheme_is_read_by_the_other(mariadb_database, engine):
    identity = uuid4()
    model = declared(n=Aggregate(Integer))
    created(engine, model).append("bob", n=1, event_id=identity)
    url = make_url(mariadb_database).set(drivername="mysql+pymysql")
    by_mysql = repository(model, create_engine(url))

    assert by_mysql.append("bob", n=1, event_id=identity).seq == 1
    assert [e.event_id for e in by_mysql.history("bob")] == [identity]


@pytest.mark.parametrize(("is_mariadb", "database"), [(True, MARIADB), (False, MYSQL)])
def test_the_server_behind_mysqls_name_says_which_it_is(is_mariadb, database):
    assert database_of(mysql.dialect(is_mariadb=is_mariadb)) is database


def test_a_database_of_unknown_sql_is_refused():
    with pytest.raises(OsirisError, match="oracle"):
        database_of(oracle.dialect())


# --- text -------------------------------------------------------------------------------------


ALIKE = ["bob", "Bob", "böb", "bob ", "bob  "]


@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()], ids=str)
def test_contexts_that_look_alike_are_streams_of_their_own(engine, policy):
    samples = created(engine, declared(policy, n=Aggregate(Integer)))
    for number, context in enumerate(ALIKE):
        samples.append(context, n=number)
    samples.append_many(NewEvent(context, {"n": 10}) for context in ALIKE)

    assert {state.id: state.n for state in samples.states()} == {
        context: 10 + number for number, context in enumerate(ALIKE)
    }
    assert [samples.state(context).seq for context in ALIKE] == [2] * len(ALIKE)
    assert [state.id for state in samples.states(ALIKE)] == ALIKE


@pytest.mark.parametrize("column_type", [String(20), String], ids=["String(20)", "String"])
def test_text_compares_by_code_point(engine, column_type):
    model = declared(word=Latest(column_type), best=Aggregate(column_type, reducer=Max()))
    samples = created(engine, model)
    for word in ALIKE:
        samples.append(word, word=word)
        samples.append("all", best=word)
    with Session(engine) as session:
        found = [session.scalars(select(model.id).where(model.word == word)).all() for word in ALIKE]
        ordered = session.scalars(select(model.word).where(model.id != "all").order_by(model.word)).all()

    assert found == [[word] for word in ALIKE]
    assert ordered == sorted(ALIKE)
    assert samples.state("all").best == max(ALIKE)


def test_a_context_without_a_length_is_refused_beyond_what_an_index_takes(engine):
    samples = created(engine, declared(id=Context(String), n=Aggregate(Integer)))
    samples.append("b" * 255, n=1)

    for call in (
        lambda: samples.append("b" * 256, n=1),
        lambda: samples.append_many([NewEvent("b" * 256, {"n": 1})]),
    ):
        with pytest.raises(InvalidValue, match=r"256.*Declare"):
            call()
    assert [state.id for state in samples.states()] == ["b" * 255]
    assert samples.state("b" * 256) is None


def test_what_has_no_length_takes_more_than_64_kilobytes(engine):
    samples = created(engine, declared(words=Latest(String), data=Latest(LargeBinary)))
    samples.append("bob", words="ü" * 70_000, data=b"\xff" * 70_000)

    assert samples.state("bob").words == "ü" * 70_000
    assert samples.state("bob").data == b"\xff" * 70_000


def test_an_index_takes_the_beginning_of_what_has_no_length(engine):
    samples = created(engine, declared(words=Latest(String, index=True)))
    samples.append("bob", words="x" * 10_000)

    assert samples.state("bob").words == "x" * 10_000


# --- foreign keys ------------------------------------------------------------------------------


def test_a_foreign_key_collates_as_what_it_refers_to(engine):
    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "team"
        code: Mapped[str] = mapped_column(String(20), primary_key=True)  # collates as the database does

    class Worker(EventSourced, Base):
        __tablename__ = "worker"
        id: Mapped[str] = Context()
        team_code: Mapped[str | None] = Latest(ForeignKey("team.code"))
        team: Mapped[Team | None] = relationship()
        boss_id: Mapped[str | None] = Latest(ForeignKey("worker_snapshot.id"))

    class Badge(Base):
        __tablename__ = "badge"
        id: Mapped[int] = mapped_column(primary_key=True)
        worker_id: Mapped[str] = mapped_column(ForeignKey("worker_snapshot.id"))
        worker: Mapped[Worker] = relationship()

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Badge(id=1, worker=Worker(id="bob", team=Team(code="blue"))))
        session.commit()
        session.add(Worker(id="jane", boss_id="bob"))
        session.commit()

        assert session.get(Badge, 1).worker.team.code == "blue"
        assert session.scalars(select(Worker.id).join(Worker.team).where(Team.code == "blue")).all() == [
            "bob"
        ]


# --- numbers and moments ------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["0.1", "1e-30", "12345678901234567890123456789012345", "-0.5"])
def test_a_decimal_without_precision_is_exact(engine, value):
    samples = created(engine, declared(n=Latest(Numeric), total=Aggregate(Numeric)))
    samples.append("bob", n=Decimal(value), total=Decimal(value))

    assert (samples.state("bob").n, samples.state("bob").total) == (Decimal(value), Decimal(value))


@pytest.mark.parametrize("value", ["1e-31", "1e35"])
def test_a_decimal_without_precision_is_refused_beyond_what_is_exact(engine, value):
    samples = created(engine, declared(n=Latest(Numeric)))

    with pytest.raises(InvalidValue, match="MariaDB"):
        samples.append("bob", n=Decimal(value))
    assert samples.state("bob") is None


@pytest.mark.parametrize("policy", [Every(100), Never()], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_beyond_64_bits_is_an_error_and_not_cut_off(engine, policy, sign):
    samples = created(engine, declared(policy, n=Aggregate(BigInteger)))
    for _ in range(3):
        samples.append("bob", n=sign * 2**62)

    with pytest.raises(InvalidValue, match="no longer fits its column") as refused:
        samples.state("bob")
    assert "out of range" in str(refused.value.__cause__)


@pytest.mark.parametrize("zone", ["+05:00", "-11:30"])
def test_moments_are_utc_whatever_the_session_says(mariadb_database, zone):
    engine = create_engine(mariadb_database, connect_args={"init_command": f"SET time_zone = '{zone}'"})
    samples = created(engine, declared(n=Aggregate(Integer)))
    samples.append("bob", n=1)
    samples.append_many([NewEvent("bob", {"n": 1})])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sample_event (id, seq) VALUES ('by hand', 1)"))
    moments = [*samples.history("bob"), *samples.history("by hand")]
    engine.dispose()

    assert all(abs(datetime.now(UTC) - e.recorded_at) < timedelta(minutes=5) for e in moments)
    assert len(moments) == 3


# --- repeatable reads --------------------------------------------------------------------------


def test_a_snapshot_holds_what_committed_since_the_transaction_began(either):
    """A plain SELECT of the transaction would not see jane's events, and the snapshot would lose them for ever."""
    model = declared(Every(3), n=Aggregate(Integer), words=Latest(String(10)))
    samples = created(either, model)
    samples.append("bob", n=1)
    with Session(either) as session:
        assert session.get(model, "bob").n == 1
        samples.append("bob", n=10, words="ten")
        repository(model, session).append("bob", n=100)
        session.commit()
        head = session.get(model.Snapshot, "bob")

        assert (head.seq, head.osiris_folded, head.n) == (3, 3, 111)
    assert (samples.state("bob").n, samples.state("bob").words) == (111, "ten")


def test_a_snapshot_folded_in_python_holds_what_committed_since_the_transaction_began(either):
    model = declared(Every(3), profile=Aggregate(JSON, reducer=Merge()))
    samples = created(either, model)
    samples.append("bob", profile={"a": 1})
    with Session(either) as session:
        assert session.get(model, "bob").profile == {"a": 1}
        samples.append("bob", profile={"b": 2})
        repository(model, session).append("bob", profile={"c": 3})
        session.commit()

    assert samples.state("bob").profile == {"a": 1, "b": 2, "c": 3}


def test_an_event_id_that_committed_since_the_transaction_began_is_found(either):
    model = declared(n=Aggregate(Integer))
    samples, identity = created(either, model), uuid4()
    samples.append("bob", n=1)
    with Session(either) as session:
        session.get(model, "bob")
        first = samples.append("bob", n=1, event_id=identity)

        assert repository(model, session).append("bob", n=1, event_id=identity).seq == first.seq
        session.commit()
    assert samples.state("bob").n == 2


def test_a_lost_race_names_the_newest_seq(older):
    model = declared(n=Aggregate(Integer))
    samples = created(older, model)
    samples.append("bob", n=1)
    with Session(older) as session:
        bob = session.get(model, "bob")
        samples.append("bob", n=1)
        bob.n += 1

        with pytest.raises(ConcurrentAppend) as lost:
            session.commit()
    assert (lost.value.expected_seq, lost.value.found_seq) == (1, 2)


@pytest.mark.parametrize(
    ("expected_seq", "error"), [(0, ConcurrentAppend), (5, ConcurrentAppend), (1, InvalidValue)]
)
def test_a_lost_race_and_a_sum_out_of_range_are_told_apart(engine, expected_seq, error):
    samples = created(engine, declared(n=Aggregate(BigInteger)))
    samples.append("bob", n=2**63 - 1)

    # Both end in the same error of the database, and a lost race says more.
    with pytest.raises(error):
        samples.append("bob", n=1, expected_seq=expected_seq)

    assert [event.seq for event in samples.history("bob")] == [1]


def test_a_lost_race_and_a_sum_out_of_range_are_told_apart_among_many(older):
    model = declared(n=Aggregate(BigInteger))
    samples = created(older, model)
    samples.append_many(NewEvent(name, {"n": 2**63 - 2}) for name in "abc")
    with Session(older) as session:
        for sample in session.scalars(select(model)).all():
            sample.n += 1
        samples.append("b", n=-1)
        with pytest.raises(ConcurrentAppend, match="'b' was expected"):
            session.commit()
    with Session(older) as session:
        for sample in session.scalars(select(model)).all():
            sample.n += 2
        with pytest.raises(InvalidValue, match=r"Sample.n"):
            session.commit()

    assert [state.seq for state in samples.states()] == [1, 2, 1]


def test_a_lost_race_is_told_where_the_server_isolates_snapshots(newer):
    model = declared(n=Aggregate(Integer))
    samples = created(newer, model)
    samples.append("bob", n=1)
    with Session(newer) as session:
        session.get(model, "bob").n += 1
        samples.append("bob", n=1)

        with pytest.raises(ConcurrentAppend):
            session.commit()


# --- many objects in one flush ------------------------------------------------------------------


def questions(session):
    """How many statements the server has been asked by this session's connection."""
    return int(session.execute(text("SHOW SESSION STATUS LIKE 'Questions'")).one()[1])


@pytest.mark.parametrize("way", ["added", "changed", "deleted"])
def test_a_flush_of_a_thousand_objects_is_a_few_statements_on_the_wire(engine, way):
    model = declared(n=Aggregate(Integer), words=Latest(String(10)))
    samples = created(engine, model)
    keys = [f"{number:04}" for number in range(1000)]
    if way != "added":
        samples.append_many(NewEvent(key, {"n": 1}) for key in keys)
    with Session(engine) as session:
        before = {state.id: state for state in session.scalars(select(model))}
        asked = questions(session)
        for key in keys:
            if way == "added":
                session.add(model(id=key, n=5))
            elif way == "changed":
                before[key].n += 4
            else:
                session.delete(before[key])
        session.flush()

        assert questions(session) - asked <= 10
        session.commit()
    assert [state.n for state in samples.states()] == ([] if way == "deleted" else [5] * 1000)


def test_a_flush_of_many_objects_of_which_one_has_no_head_leaves_none_behind(older):
    model = declared(n=Aggregate(Integer))
    samples = created(older, model)
    samples.append_many(NewEvent(key, {"n": 1}) for key in "abc")
    with Session(older) as session:
        for state in session.scalars(select(model)).all():
            state.n += 1
        with older.begin() as connection:
            connection.execute(text("DELETE FROM sample_snapshot WHERE id = 'b'"))

        with pytest.raises(ConcurrentAppend, match="'b' is gone"):
            session.flush()
    assert [(state.id, state.seq, state.n) for state in samples.states()] == [("a", 1, 1), ("c", 1, 1)]


@pytest.mark.parametrize("policy", [Inline(), Every(2)], ids=str)
def test_a_flush_of_many_objects_of_which_one_is_stale_names_that_one(older, policy):
    model = declared(policy, n=Aggregate(Integer), words=Latest(String(10)))
    samples = created(older, model)
    samples.append_many(NewEvent(key, {"n": 1}) for key in "abc")
    for ended in (False, True):
        with Session(older) as session:
            for state in session.scalars(select(model)).all():
                session.delete(state) if ended else setattr(state, "n", 7)
            samples.append("b", n=1)

            with pytest.raises(ConcurrentAppend, match="'b' was expected"):
                session.flush()
    assert {state.id: state.n for state in samples.states()} == {"a": 1, "b": 3, "c": 1}


# --- what Python folds -------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Every(1000), Never()], ids=str)
def test_touches_that_the_server_would_cut_off_are_an_error(engine, policy):
    model = declared(policy, profile=Aggregate(JSON, reducer=Merge()))
    samples = created(engine, model)
    for number in range(20):
        samples.append("bob", profile={f"key {number}": "x" * 20})
    with Session(engine) as session:
        session.execute(text("SET group_concat_max_len = 200"))
        with pytest.raises(FoldUnavailable, match="group_concat_max_len"):
            session.get(model, "bob")
        session.execute(text("SET group_concat_max_len = 2000"))

        assert len(session.get(model, "bob").profile) == 20


def test_the_tables_are_made_in_a_database_of_any_collation(mariadb_database):
    name = make_url(mariadb_database).database
    engine = create_engine(mariadb_database)
    with engine.begin() as connection:
        newest = "uca1400_ai_ci" if engine.dialect.server_version_info >= (10, 10) else "unicode_520_ci"
        connection.execute(text(f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_{newest}"))
    samples = created(engine, declared(word=Latest(String(20))))
    for word in ALIKE:
        samples.append(word, word=word)
    engine.dispose()

    assert {state.id for state in samples.states()} == set(ALIKE)


def test_reflected_tables_equal_the_declared_ones(engine):
    model = declared(word=Latest(String), n=Aggregate(Integer))
    created(engine, model)
    reflected = MetaData()
    reflected.reflect(engine)

    for table in (model.Event.__table__, model.Snapshot.__table__):
        assert reflected.tables[table.name].c.keys() == table.c.keys()
