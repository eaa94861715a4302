"""Rows of the census: what a session can do, and what it is made with."""

from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Query, Session, make_transient, make_transient_to_detached

from sqla_osiris import repository
from tests.seams.census import Bench, expects, seam, works


@seam(
    "session method",
    "add",
    "add_all",
    "delete",
    "delete_all",
    "flush",
    "commit",
    "rollback",
    "begin",
    "begin_nested",
    "refresh",
    "get",
    "get_one",
    "expunge_all",
    "close",
    "reset",
    "prepare",
    outcome="works: one changed object is one event of the flush",
)
def writes(bench: Bench, _: str) -> None:
    works(bench)


@seam(
    "session method",
    "merge",
    "merge_all",
    outcome="works: what differs is one event; a copy that fell behind loses",
)
def merges(bench: Bench, name: str) -> None:
    with bench.session() as session:
        session.add(bench.item(id="a", name="n"))
        session.commit()
        given = bench.item(id="a", name="m")
        session.merge(given) if name == "merge" else session.merge_all([given])
        session.commit()
    assert bench.log() == [{"name": "n"}, {"name": "m"}]


@seam(
    "session method",
    "expire",
    "expire_all",
    outcome="works: unflushed changes are dropped; what is assigned afterwards is compared with the database",
)
def expires(bench: Bench, name: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a", name="n"))
        session.commit()
        one.name = "m"
        session.expire(one) if name == "expire" else session.expire_all()
        one.stock = 0
        session.commit()
    assert bench.log() == [{"name": "n"}]


@seam("session method", "expunge", outcome="works: what an object that left says is not written")
def expunges(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        session.commit()
        one.stock = 5
        session.expunge(one)
        session.commit()
    assert bench.log() == [{}]


@seam(
    "session method",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
    outcome="refused: `NotExpressible`, for a model, its `Event` and its `Snapshot`",
)
def writes_in_bulk(bench: Bench, name: str) -> None:
    with bench.session() as session:
        for record in (bench.item, bench.item.Event, bench.item.Snapshot):
            given: Any = (
                ([record(id="a")],) if name == "bulk_save_objects" else (record, [{"id": "a", "seq": 1}])
            )
            expects(lambda given=given: getattr(session, name)(*given))
            session.rollback()


@seam(
    "session method",
    "execute",
    "scalar",
    "scalars",
    "query",
    outcome="works: an UPDATE or DELETE of a model is an event of each stream that it finds",
)
def executes(bench: Bench, name: str) -> None:
    works(bench)
    with bench.session() as session:
        if name == "query":
            assert session.query(bench.item).count() == 1
            assert session.query(bench.item).update({"stock": 1}) == 1
        else:
            assert getattr(session, name)(select(bench.item.stock)) is not None
            session.execute(update(bench.item).values(stock=1))
        assert session.query(bench.item.stock).all() == [(1,)]


@seam(
    "session method",
    "bind_mapper",
    "bind_table",
    "get_bind",
    "connection",
    outcome="works: events, heads and states are where the session sends the model, a repository's too",
)
def binds(bench: Bench, name: str) -> None:
    other = bench.new_engine()
    bench.base.metadata.create_all(other)
    session: Session = Routed(bench.engine, other) if name in {"get_bind", "connection"} else Session(other)
    if name == "bind_table":
        for table in (bench.item.__table__, *bench.base.metadata.tables.values()):
            session.bind_table(table, bench.engine)
    elif name == "bind_mapper":
        session.bind_mapper(bench.item, bench.engine)
    with session:
        session.add(bench.item(id="a", stock=1))
        session.flush()
        repository(bench.item, session).append("a", stock=2)
        session.commit()
        assert session.scalar(select(func.count()).select_from(bench.item.Event)) == 2
    assert bench.log() == [{"stock": 1}, {"stock": 2}]
    bench.engine = other
    assert bench.log() == []


@seam(
    "session method",
    "connection_callable",
    outcome="works: each object is written where it says; a repository on such a session is `NotExpressible`",
)
def calls_for_connections(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.connection_callable = lambda *_, **__: session.connection()  # type: ignore[method-assign]
        session.add(bench.item(id="a", stock=1))
        session.commit()
        expects(lambda: repository(bench.item, session))
    assert bench.log() == [{"stock": 1}]


class Routed(Session):
    """Sends the model elsewhere than its default bind."""

    def __init__(self, engine: Any, other: Any) -> None:
        super().__init__(other)
        self.engine = engine

    def get_bind(self, *_: Any, **__: Any) -> Any:
        return self.engine


@seam("session method", "no_autoflush", outcome="works: one event of all that is flushed together")
def holds_back(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        session.commit()
        with session.no_autoflush:
            one.stock += 1
            session.scalars(select(bench.item)).all()
            one.stock += 1
        session.commit()
    assert bench.log() == [{}, {"stock": 2}]


@seam(
    "session method",
    "is_modified",
    "dirty",
    "new",
    "deleted",
    "enable_relationship_loading",
    outcome="as in SQLAlchemy",
)
def tells_states(bench: Bench, name: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        assert one in session.new
        session.commit()
        one.stock = 5
        assert session.is_modified(one)
        assert one in session.dirty
        session.delete(one)
        assert one in session.deleted
        if name == "enable_relationship_loading":
            session.enable_relationship_loading(bench.item(id="b"))
        session.rollback()
    assert bench.log() == [{}]


@seam("session method", "invalidate", outcome="works: what was not committed is in no log")
def invalidates(bench: Bench, _: str) -> None:
    with TemporaryDirectory() as folder:
        bench.engine = bench.new_engine(f"sqlite:///{folder}/seams.db")
        bench.create()
        session = bench.session()
        session.add(bench.item(id="a"))
        session.flush()
        session.invalidate()
        assert bench.log() == []
        bench.engine.dispose()


@seam(
    "session method",
    "close_all",
    "dispatch",
    "execution_options",
    "get_nested_transaction",
    "get_transaction",
    "identity_key",
    "in_nested_transaction",
    "in_transaction",
    "info",
    "is_active",
    "object_session",
    outcome="as in SQLAlchemy; in `info` the library keeps what is its own under keys of its own",
)
def tells_itself(bench: Bench, _: str) -> None:
    with bench.session(info={"mine": 1}) as session:
        session.add(bench.item(id="a"))
        session.commit()
        assert session.info["mine"] == 1
        assert not session.in_transaction()


ARGUMENTS: dict[str, Any] = {
    "autoflush": False,
    "future": True,
    "expire_on_commit": False,
    "autobegin": True,
    "enable_baked_queries": False,
    "info": {"a": 1},
    "query_cls": Query,
    "autocommit": False,
    "close_resets_only": False,
    "execution_options": {"logging_token": "a"},
}


@seam("session argument", *ARGUMENTS, outcome="works: what is written stays the same")
def is_made_with(bench: Bench, name: str) -> None:
    works(bench, bench.session(**{name: ARGUMENTS[name]}))


@seam(
    "session argument",
    "bind",
    "binds",
    outcome="works: log, heads and views are where the model is bound, or a base of it",
)
def is_bound(bench: Bench, name: str) -> None:
    other = bench.new_engine()
    bench.base.metadata.create_all(other)
    if name == "bind":
        works(bench, Session(bench.engine))
    else:
        works(bench, Session(other, binds={bench.item: bench.engine}))
        with Session(other, binds={bench.base: bench.engine}) as session:
            read = (bench.item, bench.item.Event, bench.item.Snapshot)
            assert all(session.scalars(select(each)).all() for each in read)
    bench.engine = other
    assert bench.log() == []


@seam(
    "session argument",
    "twophase",
    outcome="works where the database has two phases: events are prepared with all else",
)
def has_two_phases(bench: Bench, _: str) -> None:
    # SQLite has none, and says so before anything is written; tests/databases/mariadb/test_two_phases.py has the others.
    with bench.session(twophase=True) as session:
        session.add(bench.item(id="a"))
        expects(session.commit, NotImplementedError)
    assert bench.log() == []


@seam(
    "session argument",
    "join_transaction_mode",
    outcome="works in each mode: events belong to what the session commits",
)
def joins(bench: Bench, name: str) -> None:
    for number, mode in enumerate(
        ["conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"]
    ):
        with bench.engine.connect() as connection:
            outer = connection.begin()
            with Session(connection, **{name: mode}) as session:  # type: ignore[arg-type]
                session.add(bench.item(id=str(number)))
                session.commit()
            if outer.is_active:
                outer.commit()
        assert bench.log(str(number)) == [{}]


@seam("object's state", "make_transient", outcome="works: as another context it begins another stream")
def is_transient(bench: Bench, _: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a", stock=1))
        session.commit()
        assert one.stock == 1
        make_transient(one)
        one.id = "b"
        session.add(one)
        session.commit()
    assert (bench.log(), bench.log("b")) == ([{"stock": 1}], [{"name": None, "stock": 1}])


@seam(
    "object's state",
    "make_transient_to_detached",
    outcome="works: what is assigned is compared with the database",
)
def is_detached(bench: Bench, _: str) -> None:
    repository(bench.item, bench.engine).append("a", stock=1)
    with bench.session() as session:
        one = bench.item(id="a")
        make_transient_to_detached(one)
        session.add(one)
        one.stock = 3
        session.commit()
    assert bench.log() == [{"stock": 1}, {"stock": 2}]
