"""Rows of the census: what a statement is sent with, and statements of the generated tables."""

from typing import Any

from sqlalchemy import Engine, delete, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from sqla_osiris import NewEvent, repository
from tests.seams.census import Bench, expects, seam, works

OPTIONS: dict[str, Any] = {
    "compiled_cache": {},
    "logging_token": "a",
    "isolation_level": "SERIALIZABLE",
    "stream_results": True,
    "max_row_buffer": 10,
    "insertmanyvalues_page_size": 1,
    "preserve_rowcount": True,
    "driver_column_names": False,
    "yield_per": 100,
}


@seam(
    "execution option",
    *OPTIONS,
    outcome="works: an engine with options has no direct appends; what is written stays the same",
)
def has_option(bench: Bench, name: str) -> None:
    bench.engine = bench.engine.execution_options(**{name: OPTIONS[name]})
    if name != "yield_per":  # of a query alone
        works(bench)
    repository(bench.item, bench.engine).append("b", stock=1)
    repository(bench.item, bench.engine).append_many([NewEvent("b", {"stock": 2})])
    assert bench.log("b") == [{"stock": 1}, {"stock": 2}]


@seam("execution option", "no_parameters", outcome="works: the library's statements have parameters")
def has_no_parameters(bench: Bench, _: str) -> None:
    works(bench)


@seam(
    "execution option",
    "schema_translate_map",
    outcome="works: all that is written and read is in the schema that the map gives",
)
def translates(bench: Bench, _: str) -> None:
    plain = bench.engine

    @event.listens_for(plain, "connect")
    def attach(connection: Any, _record: Any) -> None:
        connection.execute("ATTACH DATABASE ':memory:' AS tenant")

    plain.dispose()
    tenant: Engine = plain.execution_options(schema_translate_map={None: "tenant"})
    for bench.engine in (plain, tenant):
        bench.create()
    works(bench)
    repository(bench.item, tenant).append("b", stock=1)
    repository(bench.item, tenant).append_many([NewEvent("c", {"stock": 1})])
    assert (len(bench.log("b")), len(bench.log("c"))) == (1, 1)
    with plain.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM main.item_event")) == 0
        assert connection.scalar(text("SELECT count(*) FROM main.item_snapshot")) == 0


@seam(
    "execution option",
    "populate_existing",
    outcome="works: changes are flushed before they are overwritten, those in place too",
)
def overwrites(bench: Bench, name: str) -> None:
    with bench.session() as session:
        session.add(one := bench.item(id="a"))
        session.commit()
        one.stock += 1
        session.scalars(select(bench.item).execution_options(**{name: True})).all()
        session.commit()
    assert bench.log() == [{}, {"stock": 1}]


@seam("execution option", "autoflush", outcome="works: without it a query sees what was flushed before")
def flushes_not(bench: Bench, name: str) -> None:
    with bench.session() as session:
        session.add(bench.item(id="a"))
        assert session.scalars(select(bench.item).execution_options(**{name: False})).all() == []
        session.commit()
    assert bench.log() == [{}]


@seam(
    "execution option",
    "synchronize_session",
    "is_delete_using",
    "is_update_from",
    outcome="works: the events are the same; refused for an `Event` and a `Snapshot`: `NotExpressible`",
)
def bulk_with(bench: Bench, name: str) -> None:
    works(bench)
    options = {name: name != "synchronize_session"}
    with bench.session() as session:
        for record in (bench.item.Event, bench.item.Snapshot):
            expects(lambda record=record: session.execute(delete(record), execution_options=options))
        session.execute(delete(bench.item), execution_options=options)
        session.commit()
        assert session.scalars(select(bench.item)).all() == []


@seam(
    "execution option",
    "dml_strategy",
    "render_nulls",
    outcome="refused: `NotExpressible`, as an INSERT is, with any option",
)
def inserts_with(bench: Bench, name: str) -> None:
    options = {name: "orm" if name == "dml_strategy" else True}
    with bench.session() as session:
        for record in (bench.item, bench.item.Event, bench.item.Snapshot):
            statement = insert(record).values(id="a", seq=1)
            expects(lambda statement=statement: session.execute(statement, execution_options=options))


WRITES: dict[str, Any] = {
    "update(Model)": lambda record: update(record).values(stock=5),
    "delete(Model)": delete,
}


@seam(
    "statement",
    *WRITES,
    outcome="works in a session: an event of each stream that it finds; of an `Event`, a `Snapshot`, or by a connection: "
    "`NotExpressible`",
)
def bulk_statements(bench: Bench, name: str) -> None:
    works(bench)
    before = len(bench.log())
    with bench.session() as session:
        for record in (bench.item.Event, bench.item.Snapshot):
            expects(lambda record=record: session.execute(WRITES[name](record)))
        expects(lambda: session.connection().execute(WRITES[name](bench.item)))
        session.execute(WRITES[name](bench.item))
        session.commit()
    assert len(bench.log()) == before + 1


BULK: dict[str, Any] = {
    "insert(Model)": lambda record: insert(record).values(id="b", seq=1),
    "update(aliased(Model))": lambda record: update(aliased(record)).values(stock=5),
    "delete(aliased(Model))": lambda record: delete(aliased(record)),
}


@seam(
    "statement",
    *BULK,
    outcome="refused: `NotExpressible`, of a model, its `Event` and its `Snapshot`",
)
def orm_statements(bench: Bench, name: str) -> None:
    with bench.session() as session:
        for record in (bench.item, bench.item.Event, bench.item.Snapshot):
            expects(lambda record=record: session.execute(BULK[name](record)))
            expects(lambda record=record: session.connection().execute(BULK[name](record)))


@seam(
    "statement",
    "update(Model.Event.__table__)",
    "delete(Model.Event.__table__)",
    outcome="works: it is the caller's own, and `verify()` tells; refused by the database with `__append_only__`",
)
def core_statements(bench: Bench, name: str) -> None:
    for append_only in (False, True):
        bench.again(__append_only__=append_only)
        bench.create()
        repository(bench.item, bench.engine).append("a", stock=1)
        table = bench.item.Event.__table__
        statement = update(table).values(stock=5) if "update" in name else delete(table)
        with bench.session() as session:
            if append_only:
                expects(lambda statement=statement, session=session: session.execute(statement), DBAPIError)
                continue
            session.execute(statement)
            session.commit()
        assert repository(bench.item, bench.engine).verify().differences


@seam(
    "statement",
    "select(Model.Event)",
    "select(Model.Snapshot)",
    outcome="works: a change of one is `NotExpressible`",
)
def reads_records(bench: Bench, name: str) -> None:
    repository(bench.item, bench.engine).append("a", stock=1)
    record = bench.item.Event if "Event" in name else bench.item.Snapshot
    with bench.session() as session:
        one = session.scalars(select(record)).one()
        assert session.scalar(select(func.count()).select_from(record)) == 1
        one.stock = 7
        expects(session.commit)
