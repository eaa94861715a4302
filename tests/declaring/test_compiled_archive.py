"""What a declaration compiles to, beside test_compiled: an archive, and the tables on MariaDB. No database."""

import pytest
from sqlalchemy import Integer, MetaData, create_mock_engine

from sqla_osiris import DeclarationError, EventSourced, Every, Inline, Latest, OsirisError
from sqla_osiris.schema.log import log_of
from sqla_osiris.schema.tables import TOMBSTONE
from tests.declaring.test_compiled import declare, named_base, own_base

URLS = {
    "sqlite": "sqlite://",
    "postgresql": "postgresql+psycopg://",
    "mariadb": "mariadb+pymysql://",
    "mysql": "mysql+pymysql://",
}
TABLES = {
    ("event_archive", "sqlite"): """\
CREATE TABLE archived_event_archive ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT
  NOT NULL, position BIGINT NOT NULL, osiris_xid BIGINT NOT NULL, recorded_at DATETIME NOT NULL,
  title VARCHAR(64), team_id INTEGER, best INTEGER, hours DOUBLE, osiris_cleared TEXT, event_id
  CHAR(32), event_type VARCHAR(255), event_meta JSON, PRIMARY KEY (id, branch, seq) ) WITHOUT ROWID
CREATE INDEX ix_archived_event_archive_event_id ON archived_event_archive (event_id) WHERE event_id
  IS NOT NULL
CREATE INDEX ix_archived_event_archive_feed ON archived_event_archive (osiris_xid, position) WHERE 0
CREATE INDEX ix_archived_event_archive_position ON archived_event_archive (position)""",
    ("event_archive", "postgresql"): """\
CREATE TABLE archived_event_archive ( id VARCHAR(40) NOT NULL, branch INTEGER NOT NULL, seq BIGINT
  NOT NULL, position BIGINT NOT NULL, osiris_xid BIGINT NOT NULL, recorded_at TIMESTAMP WITH TIME
  ZONE NOT NULL, title VARCHAR(64), team_id INTEGER, best INTEGER, hours NUMERIC(8, 2),
  osiris_cleared TEXT, event_id UUID, event_type VARCHAR(255), event_meta JSON, PRIMARY KEY (id,
  branch, seq) )
CREATE INDEX ix_archived_event_archive_event_id ON archived_event_archive (event_id) WHERE event_id
  IS NOT NULL
CREATE INDEX ix_archived_event_archive_feed ON archived_event_archive (osiris_xid, position)
CREATE INDEX ix_archived_event_archive_position ON archived_event_archive (position) WHERE false
COMMENT ON TABLE archived_event_archive IS 'staff'""",
    ("event", "mariadb"): """\
CREATE TABLE archived_event ( id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT
  NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL, `position` BIGINT AUTO_INCREMENT NOT NULL,
  osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
  title VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, team_id INTEGER, best INTEGER,
  hours NUMERIC(8, 2), osiris_cleared LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, KEY
  ix_archived_event_position (`position`), event_id CHAR(32), event_type VARCHAR(255) CHARACTER SET
  utf8mb4 COLLATE utf8mb4_nopad_bin, event_meta JSON, PRIMARY KEY (id, branch, seq) )ENGINE=InnoDB
  COMMENT='staff'
CREATE INDEX ix_archived_event_feed ON archived_event (osiris_xid, `position`)
CREATE UNIQUE INDEX uq_archived_event_event_id ON archived_event (id, branch, event_id)""",
    ("snapshot", "mariadb"): """\
CREATE TABLE archived_snapshot ( id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT
  NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL, osiris_origin BIGINT NOT NULL, osiris_folded
  BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, title
  VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, team_id INTEGER, best INTEGER, hours
  NUMERIC(38, 2), osiris_count_hours BIGINT, PRIMARY KEY (id, branch), CONSTRAINT
  ck_archived_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904), CONSTRAINT
  fk_archived_snapshot_branch FOREIGN KEY(branch) REFERENCES team (id), CONSTRAINT fk_given FOREIGN
  KEY(team_id) REFERENCES team (id) ON DELETE NO ACTION ON UPDATE RESTRICT DEFERRABLE INITIALLY
  DEFERRED )ENGINE=InnoDB COMMENT='staff'
CREATE INDEX ix_archived_snapshot_title ON archived_snapshot (title)
CREATE INDEX ix_archived_snapshot_best ON archived_snapshot (best)
CREATE INDEX ix_archived_snapshot_osiris_fingerprint ON archived_snapshot (osiris_fingerprint)""",
    ("event_archive", "mariadb"): """\
CREATE TABLE archived_event_archive ( id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
  NOT NULL, branch INTEGER NOT NULL, seq BIGINT NOT NULL, `position` BIGINT NOT NULL, osiris_xid
  BIGINT NOT NULL, recorded_at DATETIME(6) NOT NULL, title VARCHAR(64) CHARACTER SET utf8mb4 COLLATE
  utf8mb4_nopad_bin, team_id INTEGER, best INTEGER, hours NUMERIC(8, 2), osiris_cleared LONGTEXT
  CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, event_id CHAR(32), event_type VARCHAR(255)
  CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, event_meta JSON, PRIMARY KEY (id, branch, seq)
  )ENGINE=InnoDB COMMENT='staff'
CREATE INDEX ix_archived_event_archive_event_id ON archived_event_archive (event_id)
CREATE INDEX ix_archived_event_archive_feed ON archived_event_archive (osiris_xid, `position`)
CREATE INDEX ix_archived_event_archive_position ON archived_event_archive (`position`)""",
}


@pytest.fixture
def archived():
    """Declared anew: mutation testing changes the library after the import."""
    return declare(named_base(), "Archived", Inline(), __archive__=True)


def created(table, database):
    """What creating it says to a database of that kind; its indexes in any order, so all sorted."""
    said = []
    engine = create_mock_engine(
        URLS[database], lambda ddl, *_, **__: said.append(ddl.compile(dialect=engine.dialect))
    )
    table.create(engine, checkfirst=False)
    return sorted(" ".join(str(statement).split()) for statement in said)


def table_of(model, name):
    log = log_of(model)
    return {"event": log.events, "snapshot": log.heads, "event_archive": log.archive}[name]


@pytest.mark.parametrize(("name", "database"), TABLES)
def test_the_tables_are_these(archived, name, database):
    expected = TABLES[name, database].replace("\n  ", " ")

    assert created(table_of(archived, name), database) == sorted(expected.split("\n"))


def test_mysql_is_treated_as_mariadb(archived):
    for name in ("event", "snapshot"):
        assert "ENGINE=InnoDB" in "".join(created(table_of(archived, name), "mysql"))
    assert "ix_archived_event_position ON" not in "".join(created(table_of(archived, "event"), "mysql"))


def test_an_archive_stands_in_the_models_schema_and_metadata():
    base = own_base()
    told = {"__archive__": True, "__table_args__": {"schema": "hr", "comment": "old"}, "x": Latest(Integer)}
    model = type("Filed", (EventSourced, base), told)
    archive = log_of(model).archive

    assert (archive.fullname, archive.schema, archive.comment) == ("hr.filed_event_archive", "hr", "old")
    assert archive.metadata is base.metadata
    assert [column.name for column in archive.primary_key] == ["context", "seq"]
    assert all(column.autoincrement is False for column in archive.primary_key)
    assert [column.name for column in archive.c] == [column.name for column in log_of(model).events.c]
    assert {column.name for column in archive.c if not column.nullable} == {
        "context",
        "seq",
        "position",
        "osiris_xid",
        "recorded_at",
    }


def test_a_log_is_the_events_and_the_archive(archived):
    log = log_of(archived)
    said = " ".join(str(log.rows).split())

    assert log.rows.name == "log"
    assert said.count(" UNION ALL ") == 1
    assert "FROM archived_event UNION ALL" in said
    assert said.endswith("FROM archived_event_archive")
    assert [table.name for table in log.tables] == [
        "archived_snapshot",
        "archived_event",
        "archived_event_archive",
    ]
    assert list(log.rows.c.keys()) == list(log.events.c.keys())


def test_a_model_has_no_archive_unless_it_says_so():
    kept = type("Kept", (EventSourced, own_base()), {"__archive__": False, "x": Latest(Integer)})
    plain = type("Plain", (EventSourced, own_base()), {"x": Latest(Integer)})

    for model in (kept, plain):
        assert log_of(model).archive is None
        assert log_of(model).rows is log_of(model).events
        assert len(log_of(model).tables) == 2


@pytest.mark.parametrize("declared", [1, "yes", None])
def test_an_archive_is_declared_by_a_truth(declared):
    with pytest.raises(DeclarationError) as refused:
        type("Bad", (EventSourced, own_base()), {"__archive__": declared, "x": Latest(Integer)})

    assert str(refused.value) == f"Bad.__archive__ is {declared!r}; it takes True or False."


def test_a_tombstone_is_marked_for_who_compares_the_tables(archived):
    (check,) = (each for each in log_of(archived).heads.constraints if "CHECK" in type(each).__name__.upper())

    assert (check.name, check.info) == ("ck_archived_snapshot_seq", {"sqla_osiris": TOMBSTONE})
    assert TOMBSTONE == -(2**62)


def test_an_unknown_database_is_refused_before_a_table_is_made(archived):
    class Unknown:
        dialect = create_mock_engine("sqlite://", print).dialect

    Unknown.dialect.name = "unheard"
    heads = log_of(archived).heads
    with pytest.raises(OsirisError, match="unheard"):
        heads.dispatch.before_create(heads, Unknown, checkfirst=False)


def test_the_clock_of_a_log_is_each_databases_own(archived):
    default = log_of(archived).events.c.recorded_at.server_default.arg
    said = {
        name: str(default.compile(dialect=create_mock_engine(url, print).dialect))
        for name, url in URLS.items()
    }

    assert said == {
        "sqlite": "CURRENT_TIMESTAMP",
        "postgresql": "statement_timestamp()",
        "mariadb": "(UTC_TIMESTAMP(6))",
        "mysql": "(UTC_TIMESTAMP(6))",
    }


def test_a_key_is_covering_only_where_states_are_folded_from_narrow_columns():
    def included(policy, **fields):
        model = type("Wide", (EventSourced, own_base()), {"__snapshot__": policy, **fields})
        return model.Event.__table__.primary_key.dialect_options["postgresql"]["include"]

    assert included(Every(2), x=Latest(Integer)) == ["x", "osiris_cleared"]
    assert not included(Inline(), x=Latest(Integer))


def test_a_model_without_a_base_stands_in_the_librarys_own_metadata():
    alone = type("AloneInItsMetadata", (EventSourced,), {"x": Latest(Integer)})

    assert alone.metadata is EventSourced.metadata
    assert all(table.metadata is EventSourced.metadata for table in log_of(alone).tables)
    assert isinstance(EventSourced.metadata, MetaData)
