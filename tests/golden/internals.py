"""What the library would send, by subject and database, asked of the functions that make the statements.

Where a statement can be had of a public name, it is. All that the golden tests know of the library's inside is in here.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, create_mock_engine, literal_column, select
from sqlalchemy.orm import configure_mappers

from sqla_osiris import as_of, subscription_table
from sqla_osiris.databases import base, batch_statements
from sqla_osiris.databases.elements import EpochSeconds
from sqla_osiris.databases.mariadb import direct as mariadb_direct
from sqla_osiris.databases.mariadb import keys as mariadb_keys
from sqla_osiris.databases.mariadb import settling
from sqla_osiris.databases.mariadb import statements as mariadb_statements
from sqla_osiris.databases.mysql import direct as mysql_direct
from sqla_osiris.databases.mysql import keys as mysql_keys
from sqla_osiris.databases.mysql import settling as mysql_settling
from sqla_osiris.databases.mysql_family import batches as family_batches
from sqla_osiris.databases.mysql_family import counting as family_counting
from sqla_osiris.databases.mysql_family import statements as family_statements
from sqla_osiris.databases.mysql_family import writing as family_writing
from sqla_osiris.databases.plan import Expect, Shape
from sqla_osiris.databases.positions import greatest_of
from sqla_osiris.databases.postgresql import batches as postgresql_batches
from sqla_osiris.databases.postgresql import counting as postgresql_counting
from sqla_osiris.databases.postgresql import keys as postgresql_keys
from sqla_osiris.databases.postgresql import statements as postgresql_statements
from sqla_osiris.databases.postgresql.positions import free_positions
from sqla_osiris.databases.registry import MYSQL, database_of
from sqla_osiris.databases.sqlite import batches as sqlite_batches
from sqla_osiris.databases.sqlite import counting as sqlite_counting
from sqla_osiris.databases.sqlite import direct as sqlite_direct
from sqla_osiris.databases.sqlite import keys as sqlite_keys
from sqla_osiris.databases.sqlite import nothing
from sqla_osiris.databases.sqlite import statements as sqlite_statements
from sqla_osiris.databases.sqlite import writing as sqlite_writing
from sqla_osiris.databases.triggers import LogTable, RenderedDDL
from sqla_osiris.keeping import (
    archiving,
    erasing,
    paging,
    redacting,
    refolding,
    resealing,
)
from sqla_osiris.keeping import snapshots_at_reads as passive
from sqla_osiris.reading import feed
from sqla_osiris.schema.field import columns_as_read
from sqla_osiris.schema.log import log_of
from sqla_osiris.schema.moments import moment_bind
from sqla_osiris.views import folding as view_folding
from sqla_osiris.views import refreshing as view_refreshing
from sqla_osiris.views import stored as view_stored
from sqla_osiris.writing import batch_repeats, batches, new_streams, refusals, snapshots
from sqla_osiris.writing import encrypting as keys
from sqla_osiris.writing.head_changes import plan_of
from tests.golden.models import MODELS, VIEWS, Account, Base, Employee, Invoice, Item, Patient, Visit
from tests.golden.rendering import DIALECTS, clauses, sql
from tests.golden.shapes import Written, shapes

__all__ = ["SUBJECTS", "Pinned"]

Pinned = Iterator[tuple[str, str]]
"""What each statement is, and its SQL."""

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
_BY_NAME = {model.__tablename__: model for model in MODELS}

configure_mappers()


def tables(database: str) -> Pinned:
    """What ``create_all`` and ``drop_all`` send: tables, indexes, and the triggers of those that ask for some."""
    subscription_table(Base.metadata)
    made = _sent(database, Base.metadata.create_all)
    for each in [*sorted(made, key=_place), *_sent(database, Base.metadata.drop_all)]:
        text = sql(each, database)
        yield f"{_title(each, text)} {_named(each)}", text


def _sent(database: str, call: Callable[..., None]) -> list[Any]:
    sent: list[Any] = []
    engine: Any = create_mock_engine(f"{database}://", lambda each, *_: sent.append(each))
    # The mock engine's own dialect has no version of a server.
    engine._dialect = DIALECTS[database]
    call(engine, checkfirst=False)
    return sent


def _title(ddl: Any, text: str) -> str:
    if not isinstance(ddl, RenderedDDL):
        return type(ddl).__name__
    found = re.match(r"(CREATE|DROP)(?: OR REPLACE)? (\w+)", text)
    if found is None:
        return f"{text.split(maxsplit=1)[0].title()}Guard"
    act, kind = found.groups()
    return f"{act.title()}{'Guard' if kind == 'TABLE' else kind.title()}"


def _named(ddl: Any) -> str:
    element = getattr(ddl, "element", None)
    return str(ddl.table if element is None else element.name)


def _place(ddl: Any) -> tuple[str, bool, str]:
    """By table; an index, of which a table has a set, by name."""
    element = getattr(ddl, "element", None)
    is_index = isinstance(element, Index)
    table = ddl.table if element is None else element.table.name if is_index else element.name
    return str(table), is_index, str(element.name) if is_index else ""


def triggers(database: str) -> Pinned:
    """The protection of a log, and what is asked of the database about it."""
    there = database_of(DIALECTS[database])
    for title, tables_ in (("a log", "employee"), ("in a schema", "ward")):
        schema = None if title == "a log" else "ward"
        table = LogTable(f"{tables_}_event", schema, (("company", "seq"), ("event_id",)))
        for name, made in (
            ("protect", there.protect(table, guard=True)),
            ("protect an archive", there.protect(table, guard=False)),
            ("give up", there.unprotect(table)),
            ("unlock", there.unlock([table])),
            ("lock", there.lock([table])),
            ("notify", there.notify(table.name, schema)),
            ("silence", there.silence(table.name, schema)),
        ):
            for i, each in enumerate(made):
                yield f"{name} {title}, {i}", sql(each, database)


def appends(database: str) -> Pinned:
    """The statements that write one event, or one each of many streams."""
    there = database_of(DIALECTS[database])
    for written in shapes():
        log = log_of(_BY_NAME[written.model])
        plan, shape = plan_of(log, there), _shape(log, written)
        for title, statement in _APPENDS[database](plan, shape, many=written.many):
            yield f"{written}: {title}", sql(statement, database)
    if database == "sqlite":
        plan = plan_of(log_of(Account), there)
        for expect in ("SEQ", "LIVE"):
            shape = Shape(("name", "balance"), Expect[expect])
            fresh = sqlite_statements.fresh_head_statement(plan, shape)
            yield f"account, {expect.lower()}: a fresh head", sql(fresh, database)
        yield "account: position and clock", sql(sqlite_writing._position_and_clock(plan), database)


def _shape(log: Any, written: Written) -> Shape:
    names = list(log.fields)
    touched = {"none": [], "first": names[:1], "all": names}[written.touches]
    return Shape(
        tuple(touched),
        Expect[written.expect],
        ends=written.ending == "ends",
        clears=written.ending == "clears",
        metadata=written.metadata,
    )


def _on_postgresql(plan: Any, shape: Any, *, many: bool) -> Pinned:
    yield "all", postgresql_statements.write_statement(plan, shape, many=many)


def _on_sqlite(plan: Any, shape: Any, *, many: bool) -> Pinned:
    yield "head", sqlite_statements.head_statement(plan, shape, returning=not many)
    yield "event", sqlite_statements.event_statement(plan, shape, many=many)


def _on_mariadb(plan: Any, shape: Any, *, many: bool) -> Pinned:
    # LIVE is expected of one write at a time alone, there.
    yield "head", family_statements.head_statement(plan, shape, many=many)
    one = mariadb_statements.returning_event_statement
    yield "event", (family_statements.event_statement if many else one)(plan, shape)


def _on_mysql(plan: Any, shape: Any, *, many: bool) -> Pinned:
    yield "head", family_statements.head_statement(plan, shape, many=many)
    yield "heads", family_writing.heads_and_clock(MYSQL, plan)
    yield "event", family_statements.event_statement(plan, shape)


_APPENDS: dict[str, Callable[..., Pinned]] = {
    "sqlite": _on_sqlite,
    "postgresql": _on_postgresql,
    "mariadb": _on_mariadb,
    "mysql": _on_mysql,
}


def new_keys(database: str) -> Pinned:
    """What begins streams whose keys the database gives, and what draws keys beforehand."""
    plan = plan_of(log_of(Item), database_of(DIALECTS[database]))
    shape = Shape(("name", "stock"), Expect.NEW, metadata=("event_id",))
    if database == "sqlite":
        yield "drawn", sql(sqlite_keys._following(plan), database)
    elif database == "postgresql":
        for many in (False, True):
            statement = postgresql_statements.write_statement(plan, shape, many=many)
            yield "many" if many else "one", sql(statement, database)
        yield "drawn", sql(postgresql_keys._drawing(plan), database)
        yield "alone", sql(postgresql_keys._LOCKING, database)
    elif database == "mysql":
        dialect = DIALECTS[database]
        yield "heads", clauses(mysql_keys._beginning(plan, shape, dialect).text)
        yield "drawn", clauses(mysql_keys._unwritten(plan, dialect).text)
    else:
        yield "heads", sql(mariadb_keys._beginning(plan, shape), database)
        yield "drawn", sql(base._unwritten(plan), database)
    for table in log_of(Item).event_tables:
        yield "known", sql(new_streams._beginnings(table, database_of(DIALECTS[database])), database)


def direct_appends(database: str) -> Pinned:
    """One append through the driver's own connection."""
    for written in shapes():
        log = log_of(_BY_NAME[written.model])
        if written.ending == "ends" or written.many or log.keys is not None:
            continue
        plan, shape = plan_of(log, database_of(DIALECTS[database])), _shape(log, written)
        given = shape.names(len(log.contexts))
        if database == "sqlite":
            head, event = sqlite_direct._statements(plan, shape, DIALECTS[database])
            yield f"{written}: head", f"{clauses(head.text)}\n{_order(head, given)}"
            following = [*given, "seq", "folded", "fingerprint", "position", "recorded_at"]
            yield f"{written}: event", f"{clauses(event.text)}\n{_order(event, following)}"
        if database in {"mariadb", "mysql"}:
            direct = mariadb_direct if database == "mariadb" else mysql_direct
            text, parts = direct._statement(plan, shape, DIALECTS[database])
            order = "\n".join(_order(part, given) for part in parts)
            yield str(written), f"{clauses(text)}\n{order}"


def _order(statement: Any, given: list[str]) -> str:
    return f"-- binds: {', '.join(map(str, statement._pick((*given, *statement._own))))}"


def batched(database: str) -> Pinned:
    """The statements of ``append_many``: heads raised by a chunk, its events, and the heads of what ended in it."""
    there = database_of(DIALECTS[database])
    dialect = DIALECTS[database]
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        yield f"{name}: ended", sql(batches._ending(log), database)
        plan = plan_of(log, there)
        inline = tuple(log.accumulators) if model is Item else None
        for merged in dict.fromkeys((inline, None)):
            kind = "merged" if merged else "counted"
            if database == "postgresql":
                yield f"{name}: heads, {kind}", sql(postgresql_batches._heads(plan, merged), database)
            else:
                heads = sqlite_batches._heads if database == "sqlite" else family_batches._heads
                yield f"{name}: heads, {kind}", clauses(heads(plan, merged, dialect).text)
        if database == "sqlite":
            yield f"{name}: heads, read", sql(sqlite_batches._heads_query(plan), database)
        for metadata in ((), ("event_id", "recorded_at", "osiris_cleared")):
            columns = (*log.context_names, "seq", *log.fields, *metadata)
            if database == "postgresql":
                yield f"{name}: events {metadata}", sql(postgresql_batches._events(plan, columns), database)
            else:
                style = "qmark" if database == "sqlite" else "format"
                statement = batch_statements._events_statement(plan, columns, dialect, style)
                yield f"{name}: events {metadata}", clauses(statement.text)
        for i, query in enumerate(batch_repeats._queries(log, there)):
            yield f"{name}: known ids, {i}", sql(query, database)
    if database == "postgresql":
        yield "free positions", sql(free_positions("ward.patient_event"), database)


def folds(database: str) -> Pinned:
    """The model's query: now, and joined; as of a moment and of a seq; and the log itself."""
    there = database_of(DIALECTS[database])
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        same = getattr(model, log.context_keys[0]) == log.heads.c[log.context_names[0]]
        queries = {
            "now": select(model),
            "as of a moment": select(as_of(model, MOMENT)),
            "events": select(model.Event),
        }
        if database == "postgresql":
            queries["now, joined"] = select(model.seq).join(log.heads, same)
        if model in (Account, Employee, Visit):
            queries["as of a seq"] = select(as_of(model, 3)).with_only_columns(literal_column("1"))
        if log.folds_after(there):
            queries["time travel"] = log.folded.past_query(there, moment_bind(MOMENT), True)
        if log.archive is not None:
            queries["log"] = select(log.rows)
        for table in log.event_tables if model is Invoice else ():
            queries[f"{table.name} as read"] = columns_as_read(table, log.fields)
        for title, query in queries.items():
            yield f"{name}: {title}", sql(query, database)


def feeds(database: str) -> Pinned:
    """Pages of the feed, and what says how far a log has come."""
    there = database_of(DIALECTS[database])
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        yield f"{name}: page", sql(feed._feed(log, there), database)
        tables_ = {
            "sqlite": log.event_tables,
            "postgresql": log.event_tables,
            "mariadb": log.event_tables[-1],
            "mysql": log.event_tables[-1],
        }
        counter = {
            "sqlite": sqlite_counting._beside_maximum,
            "postgresql": postgresql_counting._beside_ids,
            "mariadb": family_counting._beside_auto_increment,
            "mysql": family_counting._beside_auto_increment,
        }[database]
        yield f"{name}: counter", sql(counter(tables_[database]), database)
        if database in {"mariadb", "mysql"}:
            yield f"{name}: settled", sql(greatest_of(log.event_tables), database)
            for kind in ("READ", "READ NOWAIT", "WRITE CONCURRENT") if database == "mariadb" else ():
                yield f"{name}: {kind}", sql(settling._lock_table(log.events, kind), database)
            yield f"{name}: resume", sql(family_counting._set_auto_increment(log.events, 7), database)
    if database == "mariadb":
        yield "other writers", sql(settling._OTHER_WRITERS, database)
        yield "short", sql(settling._SHORT, database)
    if database == "mysql":
        yield "other writers", sql(mysql_settling._OTHER_WRITERS, database)
        yield "holders", sql(mysql_settling._HOLDERS, database)
    if database == "postgresql":
        yield "resume", sql(postgresql_counting._set_epoch("some db", 3), database)
    yield "seconds", sql(select(EpochSeconds()), database)


def snapshots_(database: str) -> Pinned:
    """Snapshots taken and checked, and the walk over heads."""
    there = database_of(DIALECTS[database])
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        if log.folds_in_python(there):
            yield (
                f"{name}: store what Python folded",
                sql(snapshots._storing_values(log, there), database),
            )
            yield f"{name}: folds", sql(snapshots._folds(log, there), database)
        else:
            yield f"{name}: store", sql(snapshots._storing(log, there), database)
        yield f"{name}: verify", sql(refolding._both(log, there), database)
        yield f"{name}: count", sql(refolding._counts(log, there), database)
        for first in (True, False):
            said = "first page" if first else "next page"
            yield f"{name}: due, {said}", sql(paging._due_heads(log, first), database)
            yield f"{name}: all, {said}", sql(paging._all_heads(log, first), database)
        yield f"{name}: tail length", sql(select(passive.tail_length(log)), database)


def locks(database: str) -> Pinned:
    """What locks heads, and what reads them before a write."""
    there = database_of(DIALECTS[database])
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        yield f"{name}: heads", sql(snapshots._locking_query(log, there), database)
        yield f"{name}: next seqs", sql(keys._next_query(log, there), database)
        read = base._heads_query(there, plan_of(log, there), base.OF_ACCUMULATORS)
        yield f"{name}: read", sql(read, database)
        impatient = passive._locking(log, there)
        if impatient is not None:
            yield f"{name}: without waiting", sql(impatient, database)
        yield f"{name}: nothing written", sql(nothing(log.heads), database)


def locked(database: str) -> Pinned:
    """SELECT … FOR UPDATE of a model: of one row by its context, and of all."""
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        one = select(model).where(*log.in_context(log.folded)).with_for_update(nowait=True)
        yield f"{name}: one", sql(one, database)
        yield f"{name}: all", sql(select(model).with_for_update(skip_locked=True), database)


def keeping(database: str) -> Pinned:
    """Archive, erase and redact; and what is stored encrypted."""
    there = database_of(DIALECTS[database])
    for model in MODELS:
        name, log = model.__tablename__, log_of(model)
        if log.archive is not None:
            for dated in (False, True):
                said = "archive before a moment" if dated else "archive"
                yield f"{name}: {said}", sql(archiving._copying(log, there, dated), database)
            yield (
                f"{name}: archived, removed",
                sql(archiving._removing(log, there, log.events), database),
            )
            yield f"{name}: restore", sql(archiving._copying_back(log, there), database)
            yield (
                f"{name}: restored, removed",
                sql(archiving._removing(log, there, log.archive), database),
            )
        yield f"{name}: tombstone", sql(erasing._tombstone_update(log), database)
        for table in log.event_tables:
            yield f"{name}: erase {table.name}", sql(erasing._removal(log, table), database)
        yield f"{name}: tombstones", sql(refusals._tombstones(log, there), database)
        yield f"{name}: erased contexts", sql(erasing.erased_contexts(log), database)
        yield f"{name}: redact, head", sql(redacting._head(log), database)
        yield f"{name}: redact, lock", sql(redacting._locking(log), database)
        yield f"{name}: redact, stale", sql(redacting.staling(log), database)
    patient = log_of(Patient)
    yield "patient: erase, lock the key", sql(erasing._lock_of_key(patient), database)
    yield "patient: erase, the key", sql(erasing._removal_of_key(patient), database)
    yield "patient: keys", sql(keys._query(patient, there), database)
    yield "patient: new key", sql(keys._insertion(patient, there), database)
    yield "patient: rewrite", sql(resealing._rewriting(patient, patient.events), database)


def views(database: str) -> Pinned:
    """Views folded at a read, as of a moment, and stored."""
    there = database_of(DIALECTS[database])
    for view in VIEWS:
        grouping, name = view.__grouping__, view.__tablename__
        for title, query in (
            ("now", select(view)),
            ("as of a moment", select(as_of(view, MOMENT))),
            ("as of a seq", select(as_of(view, 3))),
        ):
            yield f"{name}: {title}", sql(query, database)
        if grouping.stored is None:
            continue
        yield f"{name}: verify", sql(view_folding.stored_and_folded(grouping, there), database)
        yield f"{name}: due", sql(view_refreshing._tail_length(grouping, there), database)
        yield f"{name}: store", sql(view_refreshing._storing(grouping, there), database)
        place = view_refreshing._place(grouping.stored, 7)
        yield f"{name}: place", sql(view_stored.placing(grouping.stored.places, there, place), database)
        yield f"{name}: folded to", sql(select(view_folding.folded_to(grouping.stored, there)), database)


SUBJECTS: dict[str, Callable[[str], Pinned]] = {
    "tables": tables,
    "triggers": triggers,
    "appends": appends,
    "keys": new_keys,
    "direct": direct_appends,
    "batches": batched,
    "folds": folds,
    "feed": feeds,
    "snapshots": snapshots_,
    "locks": locks,
    "locked": locked,
    "keeping": keeping,
    "views": views,
}
