"""What a declaration compiles to: the tables to the letter, keys, contexts, metadata and fingerprints. No database."""

import hashlib
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import (
    ARRAY,
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session
from sqlalchemy.schema import CreateIndex, CreateTable

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Count,
    DeclarationError,
    EventSourced,
    Every,
    Inline,
    InvalidValue,
    Latest,
    Max,
    Mean,
    Never,
    NotExpressible,
    Sum,
    UnknownField,
)
from sqla_osiris.schema.log import log_of


def own_base() -> type[DeclarativeBase]:
    class OwnBase(DeclarativeBase):
        pass

    return OwnBase


DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


def named_base() -> type[DeclarativeBase]:
    class Base(DeclarativeBase):
        metadata = MetaData(
            naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"}
        )

    Table("team", Base.metadata, Column("id", Integer, primary_key=True))
    return Base


def declare(base: Any, name: str, policy: Any, **more: Any) -> Any:
    link = ForeignKey(
        "team.id",
        name="fk_given",
        ondelete="NO ACTION",
        onupdate="RESTRICT",
        deferrable=True,
        initially="DEFERRED",
        use_alter=False,
    )
    indexed = isinstance(policy, Inline)
    fields = {
        "title": Latest(String(64), index=indexed),
        "team_id": Latest(Integer, link),
        "best": Aggregate(Integer, ForeignKey("team.id"), reducer=Max(), index=indexed),
        "hours": Aggregate(Numeric(8, 2), reducer=Mean()),
    }
    return type(
        name,
        (EventSourced, base),
        {
            "__snapshot__": policy,
            "__table_args__": {"comment": "staff"},
            "id": Context(String(40)),
            "branch": Context(Integer, ForeignKey("team.id")),
            **fields,
            **more,
        },
    )


@pytest.fixture
def staff() -> Any:
    """Three models of the three policies, declared anew: mutation testing changes the library after the import."""
    base = named_base()
    return SimpleNamespace(
        Worker=declare(base, "Worker", Inline(), log=Aggregate(JSON, reducer=Append(), index=True)),
        Boss=declare(base, "Boss", Every(3)),
        Clerk=declare(base, "Clerk", Never(), note=Latest(String(65))),
    )


def ddl(table: Table, dialect: str) -> str:
    """The table and its indexes, one statement to a line."""
    indexes = [CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
    made = [str(each.compile(dialect=DIALECTS[dialect])) for each in (CreateTable(table), *indexes)]
    said = "\n".join(" ".join(statement.split()) for statement in made)
    # SQLAlchemy 2.0 cannot say it of a table.
    return said.replace(" WITH (fillfactor = 50)", "") if sqlalchemy.__version__ < "2.1" else said


TABLES = {
    ("Worker", "Event", "sqlite"): """\
CREATE TABLE worker_event ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  position INTEGER NOT NULL, osiris_xid BIGINT DEFAULT 0 NOT NULL, recorded_at DATETIME DEFAULT
  CURRENT_TIMESTAMP NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours DOUBLE, log
  TEXT, osiris_cleared TEXT, event_id CHAR(32), event_type VARCHAR(255), event_meta JSON, PRIMARY
  KEY (id, branch, seq) ) WITHOUT ROWID
CREATE INDEX ix_worker_event_feed ON worker_event (osiris_xid, position) WHERE 0
CREATE INDEX ix_worker_event_position ON worker_event (position)
CREATE UNIQUE INDEX uq_worker_event_event_id ON worker_event (id, branch, event_id) WHERE event_id
  IS NOT NULL""",
    ("Worker", "Snapshot", "sqlite"): """\
CREATE TABLE worker_snapshot ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT
  NULL, osiris_origin BIGINT NOT NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT
  NULL, osiris_xid BIGINT DEFAULT 0 NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER,
  hours DOUBLE, osiris_count_hours BIGINT, log TEXT, osiris_state_log TEXT, PRIMARY KEY (id,
  branch), CONSTRAINT ck_worker_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904),
  CONSTRAINT fk_worker_snapshot_branch FOREIGN KEY(branch) REFERENCES team (id), CONSTRAINT fk_given
  FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE NO ACTION ON UPDATE RESTRICT DEFERRABLE
  INITIALLY DEFERRED )
CREATE INDEX ix_worker_snapshot_best ON worker_snapshot (best)
CREATE INDEX ix_worker_snapshot_osiris_fingerprint ON worker_snapshot (osiris_fingerprint) WHERE 0
CREATE INDEX ix_worker_snapshot_osiris_state_log ON worker_snapshot (osiris_state_log)
CREATE INDEX ix_worker_snapshot_title ON worker_snapshot (title)""",
    ("Worker", "Event", "postgresql"): """\
CREATE TABLE worker_event ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  position BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 131072), osiris_xid BIGINT DEFAULT
  ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
  pg_current_xact_id()::text::bigint) NOT NULL, recorded_at TIMESTAMP WITH TIME ZONE DEFAULT
  statement_timestamp() NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours NUMERIC(8,
  2), log JSON, osiris_cleared TEXT, event_id UUID, event_type VARCHAR(255), event_meta JSON,
  PRIMARY KEY (id, branch, seq) )
CREATE INDEX ix_worker_event_feed ON worker_event (osiris_xid, position)
CREATE INDEX ix_worker_event_position ON worker_event (position) WHERE false
CREATE UNIQUE INDEX uq_worker_event_event_id ON worker_event (id, branch, event_id) WHERE event_id
  IS NOT NULL""",
    ("Worker", "Snapshot", "postgresql"): """\
CREATE TABLE worker_snapshot ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT
  NULL, osiris_origin BIGINT NOT NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT
  NULL, osiris_xid BIGINT DEFAULT 0 NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER,
  hours NUMERIC(38, 2), osiris_count_hours BIGINT, log TEXT, osiris_state_log JSON, PRIMARY KEY (id,
  branch), CONSTRAINT ck_worker_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904),
  CONSTRAINT fk_worker_snapshot_branch FOREIGN KEY(branch) REFERENCES team (id), CONSTRAINT fk_given
  FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE NO ACTION ON UPDATE RESTRICT DEFERRABLE
  INITIALLY DEFERRED ) WITH (fillfactor = 50)
CREATE INDEX ix_worker_snapshot_best ON worker_snapshot (best)
CREATE INDEX ix_worker_snapshot_osiris_fingerprint ON worker_snapshot (osiris_fingerprint)
CREATE INDEX ix_worker_snapshot_osiris_state_log ON worker_snapshot (osiris_state_log)
CREATE INDEX ix_worker_snapshot_title ON worker_snapshot (title)""",
    ("Boss", "Event", "sqlite"): """\
CREATE TABLE boss_event ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  position INTEGER NOT NULL, osiris_xid BIGINT DEFAULT 0 NOT NULL, recorded_at DATETIME DEFAULT
  CURRENT_TIMESTAMP NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours DOUBLE,
  osiris_cleared TEXT, event_id CHAR(32), event_type VARCHAR(255), event_meta JSON, PRIMARY KEY (id,
  branch, seq) ) WITHOUT ROWID
CREATE INDEX ix_boss_event_feed ON boss_event (osiris_xid, position) WHERE 0
CREATE INDEX ix_boss_event_position ON boss_event (position)
CREATE UNIQUE INDEX uq_boss_event_event_id ON boss_event (id, branch, event_id) WHERE event_id IS
  NOT NULL""",
    ("Boss", "Snapshot", "sqlite"): """\
CREATE TABLE boss_snapshot ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  osiris_origin BIGINT NOT NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL,
  osiris_xid BIGINT DEFAULT 0 NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours
  DOUBLE, osiris_count_hours BIGINT, PRIMARY KEY (id, branch), CONSTRAINT ck_boss_snapshot_seq CHECK
  (seq > 0 OR seq = -4611686018427387904), CONSTRAINT fk_boss_snapshot_branch FOREIGN KEY(branch)
  REFERENCES team (id) )
CREATE INDEX ix_boss_snapshot_osiris_fingerprint ON boss_snapshot (osiris_fingerprint) WHERE 0""",
    ("Boss", "Event", "postgresql"): """\
CREATE TABLE boss_event ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  position BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 131072), osiris_xid BIGINT DEFAULT
  ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
  pg_current_xact_id()::text::bigint) NOT NULL, recorded_at TIMESTAMP WITH TIME ZONE DEFAULT
  statement_timestamp() NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours NUMERIC(8,
  2), osiris_cleared TEXT, event_id UUID, event_type VARCHAR(255), event_meta JSON, PRIMARY KEY (id,
  branch, seq) INCLUDE (title, team_id, best, hours, osiris_cleared) )
CREATE INDEX ix_boss_event_feed ON boss_event (osiris_xid, position)
CREATE INDEX ix_boss_event_position ON boss_event (position) WHERE false
CREATE UNIQUE INDEX uq_boss_event_event_id ON boss_event (id, branch, event_id) WHERE event_id IS
  NOT NULL""",
    ("Boss", "Snapshot", "postgresql"): """\
CREATE TABLE boss_snapshot ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  osiris_origin BIGINT NOT NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL,
  osiris_xid BIGINT DEFAULT 0 NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours
  NUMERIC(38, 2), osiris_count_hours BIGINT, PRIMARY KEY (id, branch), CONSTRAINT
  ck_boss_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904), CONSTRAINT
  fk_boss_snapshot_branch FOREIGN KEY(branch) REFERENCES team (id) ) WITH (fillfactor = 50)
CREATE INDEX ix_boss_snapshot_osiris_fingerprint ON boss_snapshot (osiris_fingerprint)""",
    ("Clerk", "Event", "postgresql"): """\
CREATE TABLE clerk_event ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL,
  position BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 131072), osiris_xid BIGINT DEFAULT
  ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
  pg_current_xact_id()::text::bigint) NOT NULL, recorded_at TIMESTAMP WITH TIME ZONE DEFAULT
  statement_timestamp() NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours NUMERIC(8,
  2), note VARCHAR(65), osiris_cleared TEXT, event_id UUID, event_type VARCHAR(255), event_meta
  JSON, PRIMARY KEY (id, branch, seq) )
CREATE INDEX ix_clerk_event_feed ON clerk_event (osiris_xid, position)
CREATE INDEX ix_clerk_event_position ON clerk_event (position) WHERE false
CREATE UNIQUE INDEX uq_clerk_event_event_id ON clerk_event (id, branch, event_id) WHERE event_id IS
  NOT NULL""",
}


@pytest.mark.parametrize(("model", "record", "dialect"), TABLES)
def test_the_tables_are_these(staff, model, record, dialect):
    table = getattr(getattr(staff, model), record).__table__
    found, expected = ddl(table, dialect), TABLES[model, record, dialect].replace("\n  ", " ")
    if sqlalchemy.__version__ < "2.1":
        expected = expected.replace(" WITH (fillfactor = 50)", "")

    assert found == expected


def test_both_tables_take_the_models_other_arguments(staff):
    for table in (staff.Worker.Event.__table__, staff.Worker.Snapshot.__table__):
        assert (table.comment, table.metadata) == ("staff", staff.Worker.metadata)
        assert (table.c.id.autoincrement, table.c.seq.autoincrement) in {(False, False), (False, "auto")}


@pytest.mark.parametrize("widest", [True, False])
def test_a_key_covers_at_most_what_an_index_of_postgresql_takes(widest):
    count = 29 if widest else 30
    fields = {f"f{number}": Latest(Integer) for number in range(count)}
    model = type(f"Wide{count}", (EventSourced, own_base()), {"__snapshot__": Every(2), **fields})

    covered = model.Event.__table__.primary_key.dialect_options["postgresql"]["include"] or ()

    assert len(covered) == (30 if widest else 0)


def test_the_heads_stand_in_the_models_schema_and_their_columns_say_what_may_be_null():
    base = type("InHR", (DeclarativeBase,), {"metadata": MetaData()})
    fields = {
        "hours": Aggregate(Numeric(8, 2), reducer=Mean(), nullable=False),
        "log": Aggregate(JSON, reducer=Append()),
    }
    told = {"__snapshot__": Inline(), "__table_args__": {"schema": "hr"}}
    model = type("Paid", (EventSourced, base), {**told, **fields})

    assert (model.Event.__table__.schema, model.Snapshot.__table__.schema) == ("hr", "hr")
    for table in (model.Event.__table__, model.Snapshot.__table__):
        assert all(column.nullable in {True, False} for column in table.c)
        assert all(column.autoincrement is False for column in table.primary_key)
    assert [column.name for column in model.Event.__table__.c if not column.nullable] == [
        "context",
        "seq",
        "position",
        "osiris_xid",
        "recorded_at",
    ]
    assert f"ix_{model.Event.__table__.name}_position" in {x.name for x in model.Event.__table__.indexes}
    assert {column.name: column.nullable for column in model.Snapshot.__table__.c} == {
        **dict.fromkeys(
            ["context", "seq", "osiris_origin", "osiris_folded", "osiris_fingerprint", "osiris_xid"], False
        ),
        **dict.fromkeys(["hours", "osiris_count_hours", "log", "osiris_state_log"], True),
    }


def test_a_type_stays_the_one_declared_where_it_can():
    text, document = String(9), JSON()
    model = type("Typed", (EventSourced, own_base()), {"a": Latest(text), "b": Latest(document)})

    assert (model.__table__.c.a.type, model.__table__.c.b.type) == (text, document)
    assert model.__table__.c.a.type is text
    assert model.__table__.c.b.type is document


def test_what_python_folded_is_presented_as_the_databases_give_it(staff):
    field = log_of(staff.Worker).by_key["best"]

    assert (field.present(7), field.untouched) == (7, None)


def test_a_flush_and_a_tracked_state_know_their_model(staff):
    engine = sqlalchemy.create_engine("sqlite://")
    staff.Worker.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(staff.Worker(id="jane", branch=1, title="VP"))
        session.flush()
        assert session.scalar(sqlalchemy.select(staff.Worker.title)) == "VP"
    with pytest.raises(InvalidValue, match=r"^Worker\.log: a list was expected"):
        staff.Worker(log="x")
    engine.dispose()


def test_a_contexts_foreign_key_leads_from_the_head_too(staff):
    keys = {key.parent.name for key in staff.Worker.__table__.foreign_keys}

    assert keys == {"branch", "team_id", "best"}
    assert staff.Worker.__table__.c.id.shares_lineage(staff.Worker.Snapshot.__table__.c.id)
    assert not staff.Worker.__table__.c.branch.foreign_keys.isdisjoint(staff.Worker.__table__.foreign_keys)


def test_a_models_records_are_mapped_by_attribute_and_key():
    class Renamed(EventSourced, own_base()):
        """A context and a field under other names than their columns'."""

        who = Context("id", String(8))
        pay: Mapped[int] = Aggregate("salary", Integer)

    log = log_of(Renamed)
    assert (log.model, log.context_names, log.context_keys) == ("Renamed", ("id",), ["who"])
    assert (list(log.by_key), list(log.fields)) == (["pay"], ["salary"])
    assert (log.by_key["pay"].name, log.by_key["pay"].key) == ("salary", "pay")
    assert list(log.reducers) == ["pay"]
    for name, keys in (("Event", ("id", "seq")), ("Snapshot", ("id",))):
        record = getattr(Renamed, name)
        assert (record.__name__, record.__module__) == (f"Renamed{name}", __name__)
        assert record.__doc__ == f"A row of renamed_{name.lower()}."
        assert tuple(column.name for column in sqlalchemy.inspect(record).primary_key) == keys
        assert {record.who.key, record.pay.key} == {"who", "pay"}


def test_a_record_is_not_written(staff):
    for moment in ("before_insert", "before_update", "before_delete"):
        listeners = getattr(sqlalchemy.inspect(staff.Worker.Event).dispatch, moment)
        row = sqlalchemy.inspect(staff.Worker.Event())
        (listen,) = listeners
        with pytest.raises(NotExpressible) as refused:
            listen(None, None, row)
        assert str(refused.value).startswith(
            "Worker.Event rows are written by the library alone: the log is append-only. "
            "Change Worker objects, or append an event."
        )


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("HTTPServer", "http_server"),
        ("Log2Entry", "log2_entry"),
        ("A", "a"),
        ("aB", "a_b"),
        ("PlanX", "plan_x"),
    ],
)
def test_a_table_is_named_after_its_class(name, table):
    assert type(name, (EventSourced, own_base()), {"x": Latest(Integer)}).__tablename__ == table


def test_a_model_without_a_context_has_one():
    plain = type("Plain", (EventSourced, own_base()), {"x": Latest(Integer)})
    (context,) = log_of(plain).contexts

    assert (context.name, context.type.length, context.primary_key) == ("context", 255, True)
    assert isinstance(log_of(plain).policy, Inline)
    grown = type(
        "Grown", (EventSourced, own_base()), {"x": Aggregate(JSON, reducer=Append()), "y": Latest(Integer)}
    )
    assert log_of(grown).policy == Every(1000)
    by_class = type("ByClass", (EventSourced, own_base()), {"__snapshot__": Every, "x": Latest(Integer)})
    assert log_of(by_class).policy == Every(1000)


def test_a_key_is_a_tuple_of_checked_parts(staff):
    log = log_of(staff.Worker)

    assert log.key_of(("jane", 7)) == ("jane", 7)
    assert log.context_of(["jane", 7]) == ("jane", 7)
    assert (
        log_of(type("Single", (EventSourced, own_base()), {"x": Latest(Integer)})).context_of(("a",)) == "a"
    )


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("jane", "Worker: the context 'jane' has 1 parts, expected 2 (id, branch)."),
        (
            ("jane", None),
            "Worker.branch: the context is missing (None). Every event needs the key of its stream.",
        ),
        (("jane", "x"), "Worker.id, branch: an integer was expected, 'x' found."),
    ],
)
def test_a_key_that_is_none_is_refused(staff, context, words):
    with pytest.raises(InvalidValue) as refused:
        log_of(staff.Worker).key_of(context)

    assert str(refused.value) == words


def test_metadata_is_checked_by_name(staff):
    now, key = datetime(2026, 11, 23, tzinfo=UTC), UUID(int=7)
    log = log_of(staff.Worker)

    assert log.metadata() == {}
    assert log.metadata(key, "made", {"by": ("x",)}, now) == {
        "event_id": key,
        "event_type": "made",
        "event_meta": {"by": ["x"]},
        "recorded_at": now,
    }
    for name, bad, words in (
        ("event_id", "x", "a UUID was expected, 'x' found"),
        ("event_type", "x" * 256, "256 characters, the column keeps 255"),
        ("event_meta", {1}, "a JSON object (a dict) was expected, {1} found"),
        ("recorded_at", now.replace(tzinfo=None), "has no time zone, the column is DateTime(timezone=True)"),
    ):
        with pytest.raises(InvalidValue) as refused:
            log.metadata(**{name: bad})
        assert str(refused.value).startswith(f"Worker: {name}: ")
        assert str(refused.value).endswith(f"{words}.")


def test_touches_are_checked_by_attribute_and_kept_by_column(staff):
    log = log_of(staff.Worker)

    assert log.touches({"title": None, "hours": 1, "log": ("a",)}) == {
        "title": None,
        "hours": 1,
        "log": ["a"],
    }
    with pytest.raises(UnknownField) as unknown:
        log.touches({"titel": "x"})
    assert (unknown.value.model, unknown.value.field) == ("Worker", "titel")
    assert all(name in str(unknown.value) for name in ("title", "team_id", "best", "hours", "log"))
    for touch, words in (
        ({"best": None}, "Worker.best: None refused: Max folds values, not None."),
        ({"best": "x"}, "Worker.best: an integer was expected, 'x' found."),
    ):
        with pytest.raises(InvalidValue) as refused:
            log.touches(touch)
        assert str(refused.value) == words
    strict = type("Strict", (EventSourced, own_base()), {"x": Latest(Integer, nullable=False)})
    with pytest.raises(InvalidValue, match=r"^Strict\.x: None refused: declared not to be None\.$"):
        log_of(strict).touches({"x": None})


def test_a_state_that_its_column_cannot_hold_is_refused_by_name(staff):
    field = log_of(staff.Worker).by_key["best"]
    with pytest.raises(InvalidValue, match=r"^Worker\.best: an integer was expected, 'x' found\.$"):
        field.refuse_state("x", "Worker")
    field.refuse_state(7, "Worker")

    kept = log_of(staff.Worker).by_key["log"]
    kept.refuse_kept_state([1], "Worker")
    with pytest.raises(InvalidValue) as refused:
        kept.refuse_kept_state({1}, "Worker")
    assert str(refused.value) == (
        "Worker.log: Append() folded a state that its column cannot hold: JSON has no form for {1}. "
        "Give the state's type: Aggregate(..., state_type=...)."
    )


def test_the_fingerprint_is_of_fields_reducers_and_policy(staff):
    log = log_of(staff.Boss)
    said = "\n".join(
        [
            "Every",
            *(
                f"{name} {log.fields[name].reducer.fingerprint()} {log.fields[name].sql.signature()}"
                for name in ("best", "hours", "team_id", "title")
            ),
        ]
    )
    digest = hashlib.blake2b(said.encode(), digest_size=8).digest()

    assert log.fingerprint == int.from_bytes(digest, "big") >> 1


def test_who_folds_depends_on_the_policy_and_the_fields(staff):
    worker, boss = log_of(staff.Worker), log_of(staff.Boss)

    assert (worker.folds_in_python("sqlite"), boss.folds_in_python("sqlite")) == (True, False)
    assert (worker.merges_inline("sqlite"), worker.folds_after("sqlite")) == (False, True)
    assert (boss.merges_inline("sqlite"), boss.folds_after("sqlite")) == (False, False)
    merged = log_of(type("Merged", (EventSourced, own_base()), {"x": Latest(Integer)}))
    assert (merged.merges_inline("sqlite"), merged.folds_after("sqlite")) == (True, False)
    assert {name: part.field for name, part in boss.accumulators.items()} == {
        "title": "title",
        "team_id": "team_id",
        "best": "best",
        "hours": "hours",
        "osiris_count_hours": "hours",
    }


def test_a_snapshot_falls_due_by_its_policy():
    assert [Inline().is_due(tail) for tail in (0, 1, 2)] == [False, True, True]
    assert [Every(2).is_due(tail) for tail in (1, 2, 3)] == [False, True, True]
    assert [Never().is_due(tail) for tail in (0, 1000)] == [False, False]
    with pytest.raises(DeclarationError, match=r"^Every\(0\): a snapshot is taken every 1 event at least$"):
        Every(0)
    assert Every(1).n == 1


def test_what_mapped_column_takes_is_handed_over():
    class Told(EventSourced, own_base()):
        """Keywords of each of the three."""

        id = Context(String(8), info={"a": 1}, comment="key")
        last = Latest(Integer, info={"b": 2}, default=3)
        total = Aggregate(Integer, info={"c": 4}, default=5)
        counted = Aggregate(Integer, reducer=Count)
        lazy = Aggregate(Integer, active_history=False)

    columns = Told.__table__.c
    assert columns.id.info == {"a": 1}
    assert columns.id.comment == "key"
    assert columns.last.info["b"] == 2
    assert columns.total.info["c"] == 4
    fields = log_of(Told).fields
    assert {name: repr(field.reducer) for name, field in fields.items()} == {
        "last": "Last()",
        "total": "Sum()",
        "counted": "Count()",
        "lazy": "Sum()",
    }
    assert (fields["last"].default.arg, fields["total"].default.arg) == (3, 5)
    active = {name: sqlalchemy.inspect(Told).attrs[name].active_history for name in ("last", "total", "lazy")}
    assert active == {"last": False, "total": True, "lazy": False}


def test_who_folds_depends_on_the_database(monkeypatch):
    log = log_of(type("Asked", (EventSourced, own_base()), {"x": Latest(Integer)}))
    monkeypatch.setattr(type(log.fields["x"].sql), "in_python", lambda _, dialect: dialect == "sqlite")

    for dialect, folds in (("sqlite", True), ("postgresql", False)):
        asked = log.folds_in_python(dialect), log.folds_after(dialect), log.merges_inline(dialect)
        assert asked == (folds, folds, not folds)


def test_a_state_of_another_type_has_the_type_that_is_given():
    class Listed(Sum):
        """Presents text."""

        def present(self, accumulator):
            return str(accumulator)

        def fingerprint(self):
            return "Listed"

    class Typed(EventSourced, own_base()):
        """A class and an instance."""

        one = Aggregate(Integer, reducer=Listed(), state_type=String(9))
        other = Aggregate(Integer, reducer=Listed(), state_type=String)

    heads = Typed.Snapshot.__table__.c
    assert (heads.osiris_state_one.type.length, heads.osiris_state_other.type.length) == (9, None)
    assert Typed.__table__.c.one.type.length == 9


@pytest.mark.parametrize(
    ("annotation", "kind"), [("int", Integer), ("str", String), ("UUID", Uuid), ("int | None", Integer)]
)
def test_an_annotation_types_a_foreign_key_to_a_table_not_declared_yet(annotation, kind):
    namespace = {
        "int": Mapped[int],
        "str": Mapped[str],
        "UUID": Mapped[UUID],
        "int | None": Mapped[int | None],
    }
    body = {
        "__annotations__": {"other_id": namespace[annotation]},
        "other_id": Latest(ForeignKey("later.id")),
    }
    model = type(f"Key{annotation.title().replace(' | ', '')}", (EventSourced, own_base()), body)

    assert isinstance(model.__table__.c.other_id.type, kind)


def test_a_foreign_key_has_the_type_of_its_target():
    model = type("Keyed", (EventSourced, named_base()), {"team_id": Latest(ForeignKey("team.id"))})

    assert isinstance(model.__table__.c.team_id.type, Integer)


def test_a_key_that_is_made_with_the_table_stays_so(staff):
    (key,) = staff.Worker.Snapshot.__table__.c.team_id.foreign_keys

    assert key.use_alter is False


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("server_default", {"server_default": "0"}),
        ("onupdate", {"onupdate": 7}),
        ("onupdate", {"server_onupdate": sqlalchemy.text("7")}),
        ("default=<SQL>", {"default": sqlalchemy.func.random()}),
    ],
)
def test_an_option_is_refused_by_its_name(option, told):
    with pytest.raises(DeclarationError) as refused:
        type("Bad", (EventSourced, own_base()), {"x": Latest(Integer, **told)})

    assert str(refused.value).startswith(f"Bad.x: {option} {NO_ROW} ")


NO_ROW = "needs a row that the database updates, and the log has none."


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (
            {"x": Latest(ForeignKey("nowhere.id"))},
            "Bad.x has no type. Give it one, Latest(String) or Latest(Integer, ForeignKey(...)), or annotate it.",
        ),
        ({}, "Bad declares no field: add a Latest(...) or an Aggregate(...)."),
        (
            {"x": Latest(ARRAY(Numeric))},
            "Bad.x: ARRAY(Numeric()): an array of Numeric is not the same everywhere. Declare it as JSON.",
        ),
        (
            {"x": Latest(Integer, onupdate=7)},
            f"Bad.x: onupdate {NO_ROW} Use default= with a Python value, or write the value into the event.",
        ),
        (
            {"x": Latest("a*b", Integer)},
            "Bad.a*b: a column's name cannot be 'a*b'.",
        ),
        (
            {"x": Latest("TRUE", Integer)},
            "Bad.TRUE: SQLite cannot tell a column 'TRUE' from a number. Give it another name: Latest('is_true', Boolean).",
        ),
        (
            {"x": Latest("n", Integer), "y": Latest("N", Integer)},
            "Bad has two fields of the column name 'N'. Rename one.",
        ),
        (
            {"seq": Latest(Integer)},
            (
                "Bad.seq: the name is taken by every event's own columns (event_id, event_meta, event_type, "
                "expected_seq, position, recorded_at, seq, osiris_…). Choose another."
            ),
        ),
        ({"Event": Latest("n", Integer)}, "Bad.Event: the name is the generated class's. Choose another."),
        (
            {"Snapshot": Latest("n", Integer)},
            "Bad.Snapshot: the name is the generated class's. Choose another.",
        ),
        (
            {"x": Latest(Integer), "__snapshot__": 7},
            "Bad.__snapshot__ is 7; it takes Inline(), Every(n) or Never().",
        ),
        (
            {"x": Aggregate(String, reducer=Sum())},
            "Bad.x: Sum",
        ),
    ],
)
def test_a_bad_declaration_is_refused_with_these_words(attributes, words):
    with pytest.raises(DeclarationError) as refused:
        type("Bad", (EventSourced, own_base()), attributes)

    assert str(refused.value).startswith(words)
    assert len(str(refused.value)) == len(words) or not words.endswith(("event.", "one.", "another.", "it."))


@pytest.mark.parametrize("name", ["a,b", "a*b", "a\\b", "%a", "_a", ",a", "\\a"])
def test_a_columns_name_that_no_store_can_write_is_refused(name):
    with pytest.raises(DeclarationError):
        type("Bad", (EventSourced, own_base()), {"x": Latest(name, Integer)})


@pytest.mark.parametrize("name", ["a%b", "a_b", "é", "a b"])
def test_a_columns_name_may_be_odd(name):
    odd = type("Odd", (EventSourced, own_base()), {"x": Latest(name, Integer)})

    assert list(log_of(odd).fields) == [name]


@pytest.mark.parametrize(
    "constraint",
    [
        UniqueConstraint("x"),
        CheckConstraint("x > 1"),
        ForeignKeyConstraint(["x"], ["team.id"]),
        Index("ix_x", "x"),
    ],
    ids=lambda constraint: type(constraint).__name__,
)
def test_a_constraint_is_refused_with_what_to_do(constraint):
    attributes = {"x": Latest(Integer), "__table_args__": (constraint,), "__snapshot__": Every(3)}
    with pytest.raises(DeclarationError) as refused:
        type("Bad", (EventSourced, own_base()), attributes)

    assert str(refused.value) == (
        f"Bad.__table_args__ has a {type(constraint).__name__}, which constrains the present, and only with "
        "__snapshot__ = Inline() is the present in rows, those of the heads. Declare the model so, where its "
        "fields allow it, or refuse a value before it is written, by @validates or by the column's type."
    )


def test_a_class_that_is_not_event_sourced_has_no_stream():
    with pytest.raises(DeclarationError) as refused:
        log_of(int)

    assert str(refused.value) == "<class 'int'> is not event-sourced: derive it from EventSourced."


def test_a_model_is_not_derived_from(staff):
    with pytest.raises(DeclarationError) as refused:
        type("Derived", (staff.Worker,), {"y": Latest(Integer)})

    assert str(refused.value) == (
        "Derived derives from the mapped class Worker: a log cannot be shared by inheritance. "
        "Put what they share into a mixin or an __abstract__ base. Or have one log tell them apart: "
        'Worker.__mapper_args__ = {"polymorphic_on": "<a Latest field>", "polymorphic_identity": …}.'
    )
