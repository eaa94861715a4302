"""Rows of the census: what listens, to mappers, sessions, objects, attributes, queries, engines and dialects."""

import pickle
import sys
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Mapper, Query, Session

from sqla_osiris import NewEvent, repository
from tests.seams.census import Bench, expects, listening, seam, works
from tests.seams.rows_mapping import with_parts

HEARD = "works: it is heard, and what is written stays the same"


@seam("mapper event", "before_insert", "before_update", outcome="works: what it assigns is in the event")
def assigns_before(bench: Bench, name: str) -> None:
    event.listen(bench.item, name, lambda _mapper, _connection, one: setattr(one, "name", name))
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        session.commit()
        one.stock += 1
        session.commit()
    assert bench.log()[name == "before_update"]["name"] == name


@seam(
    "mapper event",
    "before_delete",
    outcome="works: it is heard; what it assigns is not written, as in SQLAlchemy",
)
def assigns_before_an_end(bench: Bench, name: str) -> None:
    event.listen(bench.item, name, lambda _mapper, _connection, one: setattr(one, "name", "x"))
    works(bench)


@seam(
    "mapper event",
    "after_insert",
    "after_update",
    "after_delete",
    outcome="works: the event is in the log by then; what it assigns is not written, as in SQLAlchemy",
)
def sees_after(bench: Bench, name: str) -> None:
    seen = []

    def look(_mapper: Any, connection: Any, one: Any) -> None:
        seen.append(connection.scalar(text("SELECT max(seq) FROM item_event")))
        one.name = "x"

    event.listen(bench.item, name, look)
    works(bench)
    assert seen[0] == {"after_insert": 1, "after_update": 2, "after_delete": 4}[name]


@seam(
    "mapper event",
    "instrument_class",
    "after_mapper_constructed",
    "before_mapper_configured",
    "mapper_configured",
    "before_configured",
    "after_configured",
    outcome="works: it is heard of the model, and of its `Event` and `Snapshot`",
)
def hears_mappers(bench: Bench, name: str) -> None:
    with listening(Mapper, name) as heard:
        bench.again()
        bench.create()
        works(bench)
    assert heard.calls


OF_SESSIONS = (
    "after_transaction_create",
    "after_transaction_end",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "after_flush",
    "after_flush_postexec",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_persistent",
    "loaded_as_persistent",
    "persistent_to_deleted",
    "deleted_to_detached",
)


@seam("session event", *OF_SESSIONS, outcome=HEARD)
def hears_sessions(bench: Bench, name: str) -> None:
    session = bench.session()
    with listening(session, name) as heard:
        works(bench, session)
    assert heard.calls


@seam("session event", "before_flush", outcome="works: what it assigns is in the event")
def assigns_before_a_flush(bench: Bench, _: str) -> None:
    with bench.session() as session:
        event.listen(
            session, "before_flush", lambda flushed, *_: [setattr(x, "name", "f") for x in flushed.new]
        )
        session.add(bench.item(id="a"))
        session.commit()
    assert bench.log() == [{"name": "f"}]


@seam("session event", "do_orm_execute", outcome="works: it is heard of each query, and may change it")
def rewrites_queries(bench: Bench, _: str) -> None:
    repository(bench.item, bench.engine).append("a", stock=1)
    repository(bench.item, bench.engine).append("b", stock=2)
    with bench.session() as session:

        @event.listens_for(session, "do_orm_execute")
        def one_tenant(execution: Any) -> None:
            if execution.is_select:
                execution.statement = execution.statement.where(bench.item.id == "b")

        assert [one.stock for one in session.query(bench.item)] == [2]


@seam(
    "session event",
    "pending_to_transient",
    "persistent_to_transient",
    "deleted_to_persistent",
    outcome="works: what a rollback takes back is in no log",
)
def takes_back(bench: Bench, name: str) -> None:
    with bench.session() as session, listening(session, name) as heard:
        session.add(first := bench.item(id="a", stock=1))
        session.commit()
        session.delete(first)
        session.flush()
        session.rollback()
        session.add(second := bench.item(id="b"))
        session.flush()
        assert second in session
        session.rollback()
        session.add(pending := bench.item(id="c"))
        session.expunge(pending)
        session.commit()
    assert heard.calls
    assert (bench.log(), bench.log("b"), bench.log("c")) == ([{"stock": 1}], [], [])


@seam(
    "session event",
    "detached_to_persistent",
    "persistent_to_detached",
    outcome="works: what changed since is written",
)
def comes_back(bench: Bench, name: str) -> None:
    with bench.session(expire_on_commit=False) as session, listening(session, name) as heard:
        session.add(one := bench.item(id="a"))
        session.commit()
        session.expunge(one)
        one.stock += 3
        session.add(one)
        session.commit()
    assert heard.calls
    assert bench.log() == [{}, {"stock": 3}]


@seam(
    "session event",
    "after_bulk_update",
    "after_bulk_delete",
    outcome="works, after the events are written; refused for an `Event` and a `Snapshot`: `NotExpressible`",
)
def hears_bulk_statements(bench: Bench, name: str) -> None:
    works(bench)
    with bench.session() as session, listening(session, name) as heard:
        _bulk(session, name, bench)
    assert len(heard.calls) == 1


def _bulk(session: Session, name: str, bench: Bench) -> None:
    """An UPDATE or DELETE of a Query: of a model, and refused of its rows."""
    before = len(bench.log())
    for record in (bench.item.Event, bench.item.Snapshot, bench.item):
        query = session.query(record)

        def writes(query: Any = query) -> int:
            return int(query.update({"stock": 1}) if "update" in name else query.delete())

        if record is bench.item:
            assert writes() == 1
        else:
            expects(writes)
    session.commit()
    assert len(bench.log()) == before + 1


@seam(
    "instance event",
    "init",
    "load",
    "refresh",
    "expire",
    outcome=HEARD,
)
def hears_objects(bench: Bench, name: str) -> None:
    with listening(bench.item, name) as heard:
        works(bench)
    assert heard.calls


@seam(
    "instance event",
    "init_failure",
    "first_init",
    "refresh_flush",
    outcome="works: nothing is written by it; a flush fetches no defaults, as an event has none of the database's",
)
def hears_no_object(bench: Bench, name: str) -> None:
    with listening(bench.item, name):
        works(bench)


@seam(
    "instance event", "pickle", "unpickle", outcome="works: an object goes to another process and comes back"
)
def hears_pickles(bench: Bench, name: str) -> None:
    # A pickle finds its class by name.
    bench.item.__qualname__ = "Pickled"
    bench.item.__module__ = __name__
    sys.modules[__name__].__dict__["Pickled"] = bench.item
    with bench.session() as session, listening(bench.item, name) as heard:
        session.add(bench.item(id="a", stock=1))
        session.commit()
        one = pickle.loads(pickle.dumps(session.get(bench.item, "a")))  # noqa: S301
        one.stock += 1
        session.expunge_all()
        session.add(one)
        session.commit()
    assert heard.calls
    assert bench.log() == [{"stock": 1}, {"stock": 1}]


@seam(
    "attribute event",
    "set",
    "modified",
    "init_scalar",
    outcome="works: what it returns, or assigns, is in the event",
)
def hears_fields(bench: Bench, name: str) -> None:
    if name == "set":
        event.listen(bench.item.name, "set", lambda _one, value, *_: value.upper(), retval=True)
    with listening(bench.item.stock, name), bench.session() as session:
        one = bench.item(id="a", name="n")
        assert one.stock is None
        session.add(one)
        session.commit()
        one.stock += 1
        session.commit()
    assert bench.log() == [{"name": "N" if name == "set" else "n"}, {"stock": 1}]


@seam(
    "attribute event",
    "append",
    "append_wo_mutation",
    "bulk_replace",
    "remove",
    "init_collection",
    "dispose_collection",
    outcome="works: collections of and with models are SQLAlchemy's own",
)
def hears_collections(bench: Bench, name: str) -> None:
    part = with_parts(bench)
    with listening(bench.item.parts, name), bench.session() as session:
        session.add(one := bench.item(id="a", parts=[part(id="p")]))
        session.commit()
        one.parts.append(part(id="q"))
        session.commit()
        one.parts = [one.parts[1]]
        session.commit()
    found = [[each.fields for each in repository(part, bench.engine).history(key)] for key in "pq"]
    assert found == [[{"whole_id": "a"}, {"whole_id": None}], [{"whole_id": "a"}]]


@seam("query event", "before_compile", outcome="works: it is heard of each query, and may change it")
def hears_queries(bench: Bench, name: str) -> None:
    with listening(Query, name) as heard, bench.session() as session:
        session.query(bench.item).all()
    assert heard.calls


@seam(
    "query event",
    "before_compile_update",
    "before_compile_delete",
    outcome="works; refused for an `Event` and a `Snapshot`: `NotExpressible`",
)
def hears_bulk_queries(bench: Bench, name: str) -> None:
    works(bench)
    with listening(Query, name) as heard, bench.session() as session:
        _bulk(session, name, bench)
    assert heard.calls


def writes_each_way(bench: Bench) -> None:
    """By a flush, an append and a batch."""
    works(bench)
    repository(bench.item, bench.engine).append("b", stock=1)
    repository(bench.item, bench.engine).append_many([NewEvent("c", {"stock": 1})])
    assert (bench.log("b"), bench.log("c")) == ([{"stock": 1}], [{"stock": 1}])


@seam(
    "engine event",
    "before_cursor_execute",
    "after_cursor_execute",
    "begin",
    "commit",
    outcome="works: all writes are heard, but COPY on PostgreSQL; an engine that is listened to has no direct appends",
)
def hears_statements(bench: Bench, name: str) -> None:
    with listening(bench.engine, name) as heard:
        writes_each_way(bench)
        before = len(heard.calls)
        repository(bench.item, bench.engine).append("d", stock=1)
    assert len(heard.calls) > before


@seam(
    "engine event",
    "before_execute",
    "after_execute",
    outcome="works: heard of what is compiled for it; writes on SQLite and MariaDB are texts: hear the cursor's events",
)
def hears_constructs(bench: Bench, name: str) -> None:
    with listening(bench.engine, name) as heard:
        writes_each_way(bench)
    assert heard.calls


@seam(
    "engine event",
    "engine_connect",
    "rollback",
    "savepoint",
    "rollback_savepoint",
    "release_savepoint",
    outcome=HEARD,
)
def hears_connections(bench: Bench, name: str) -> None:
    with listening(bench.engine, name) as heard:
        writes_each_way(bench)
        with bench.session() as session, session.begin_nested():
            session.add(bench.item(id="e"))
    assert heard.calls


@seam(
    "engine event",
    "set_connection_execution_options",
    "set_engine_execution_options",
    "engine_disposed",
    outcome="works: nothing is written by it",
)
def hears_engines(bench: Bench, name: str) -> None:
    with listening(bench.engine, name):
        writes_each_way(bench)


@seam(
    "engine event",
    "begin_twophase",
    "prepare_twophase",
    "rollback_twophase",
    "commit_twophase",
    outcome="works where the database has two phases: events are prepared and committed with all else",
)
def hears_two_phases(bench: Bench, name: str) -> None:
    # SQLite has none; tests/databases/mariadb/test_two_phases.py prepares on MariaDB.
    with listening(bench.engine, name):
        writes_each_way(bench)


@seam(
    "dialect event",
    "handle_error",
    "do_connect",
    "do_executemany",
    "do_execute_no_params",
    "do_execute",
    "do_setinputsizes",
    outcome="works: all writes are heard; an engine that is listened to has no direct appends",
)
def hears_drivers(bench: Bench, name: str) -> None:
    with listening(bench.engine, name):
        writes_each_way(bench)
