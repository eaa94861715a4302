"""A schema for each tenant: whatever is written and read through a schema_translate_map is in the schema that it names."""

from contextlib import ExitStack
from datetime import UTC, datetime
from inspect import signature
from typing import Any
from uuid import uuid4

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    JSON,
    Column,
    Engine,
    Integer,
    String,
    delete,
    event,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from sqla_osiris import (
    Aggregate,
    Context,
    Encrypted,
    EventSourced,
    EventView,
    Every,
    Latest,
    Merge,
    NewEvent,
    OsirisError,
    Subscription,
    copy,
    repository,
    subscription_table,
)
from sqla_osiris import alembic as osiris
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.log import log_of
from tests.conftest import DATABASES

TENANT = "tenant_of_test"


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    """Merged inline."""

    __archive__ = True
    __append_only__ = True

    id = Context(String(9))
    owner = Latest(String(20))
    balance = Aggregate(Integer)


class Chart(EventSourced, Base):
    """Folded later, in part in Python."""

    __archive__ = True
    __snapshot__ = Every(2)

    id = Context(String(9))
    settings = Aggregate(JSON, reducer=Merge())
    visits = Aggregate(Integer)


class Secret(EventSourced, Base):
    id = Context(String(9))
    said = Latest(Encrypted(String(20), master_key=b"k" * 32))


class Owned(EventView, of=Account, by="owner"):
    __snapshot__ = Every(1)

    balance = Aggregate(Integer)


MODELS = [Account, Chart, Secret]

subscription_table(Base.metadata)


@pytest.fixture
def apart(engine: Engine, tmp_path):
    """An engine on a database with two schemas; both have all tables."""
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def attach(connection, _record):
            connection.execute(f"ATTACH DATABASE '{tmp_path / 'tenant.db'}' AS {TENANT}")

        yield from _with_tables(engine)
        return
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {TENANT}"))
    yield from _with_tables(engine)
    engine.dispose()
    with engine.begin() as connection:
        cascade = "CASCADE" if engine.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP SCHEMA {TENANT} {cascade}"))


def _with_tables(engine):
    for each in (engine, of_tenant(engine)):
        Base.metadata.create_all(each)
    yield engine
    assert rows(engine, None) == {}, "another tenant's tables were written to"


def of_tenant(engine):
    return engine.execution_options(schema_translate_map={None: TENANT})


@pytest.fixture
def tenant(apart: Engine):
    return of_tenant(apart)


def rows(engine, schema):
    """How many rows each table of a schema has, where it has any."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            name = table.name if schema is None else f"{schema}.{table.name}"
            found[table.name] = connection.scalar(text(f"SELECT count(*) FROM {name}"))
    return {name: count for name, count in found.items() if count}


def fields(events):
    return [each.fields for each in events]


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_tenants_log_that_was_restored_is_told_whatever_another_ones_is(engine):
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {TENANT}"))
    tenant = of_tenant(engine)
    for each in (engine, tenant):
        Base.metadata.create_all(each)
        repository(Account, each).append("a", balance=1)
    with engine.begin() as connection:
        # As a dump of a server whose transaction ids are far ahead leaves it.
        connection.execute(text(f"ALTER TABLE {TENANT}.account_event DISABLE TRIGGER USER"))
        connection.execute(text(f"UPDATE {TENANT}.account_event SET osiris_xid = osiris_xid + 1000000000"))
    engine.dispose()

    repository(Account, engine).append("a", balance=1)
    with pytest.raises(OsirisError, match="restored"):
        repository(Account, tenant).append("a", balance=1)


# --- appending ------------------------------------------------------------------------------------


def test_an_append_is_in_the_tenants_log(tenant):
    accounts = repository(Account, tenant)
    accounts.append("a", owner="jane", balance=1)
    accounts.append("a", balance=2, expected_seq=1, event_id=uuid4())
    accounts.append("a", owner=None)

    assert accounts.state("a").balance == 3
    assert fields(accounts.feed()) == fields(accounts.history("a"))
    assert rows(tenant, TENANT)["account_event"] == 3


@pytest.mark.parametrize("count", [1, 700])
def test_a_batch_is_in_the_tenants_log(tenant, count):
    accounts = repository(Account, tenant)
    written = [NewEvent(f"a{number}", {"owner": "jane", "balance": 1}) for number in range(count)]
    written.append(NewEvent("a0", {"balance": 5}, event_id=uuid4(), recorded_at=datetime.now(UTC)))
    assert accounts.append_many(written) == count + 1

    assert accounts.state("a0").balance == 6
    assert rows(tenant, TENANT) == {"account_event": count + 1, "account_snapshot": count}


def test_a_batch_that_ends_a_stream_is_in_the_tenants_log(tenant):
    accounts = repository(Account, tenant)
    with Session(tenant) as session:
        session.add(Account(id="a", balance=1))
        session.commit()
        session.delete(session.get(Account, "a"))
        session.commit()
    copied = repository(Account, "memory://")
    copy(accounts, copied)
    with Session(tenant) as session:
        session.add(Account(id="b"))
        session.commit()

    assert [each.ends for each in accounts.history("a")] == [False, True]


def test_a_copy_is_in_the_tenants_log(tenant):
    source = repository(Account, "memory://")
    source.append_many(NewEvent(f"a{number % 7}", {"balance": number}) for number in range(50))
    copy(source, repository(Account, tenant))

    assert rows(tenant, TENANT)["account_event"] == 50


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_flush_is_in_the_tenants_log(tenant, count):
    with Session(tenant) as session:
        accounts = [Account(id=f"a{number}", owner="jane", balance=1) for number in range(count)]
        session.add_all(accounts)
        session.commit()
        for account in accounts:
            account.balance += 1
        session.commit()
        for account in accounts[1:]:
            session.delete(account)
        session.commit()

        assert session.scalars(select(Account.balance)).all() == [2]
    assert rows(tenant, TENANT)["account_event"] == 3 * count - 1


def test_heads_of_an_earlier_version_are_raised_in_the_tenants_schema(tenant):
    with Session(tenant) as session:
        session.add_all([Account(id=name, balance=1) for name in "ab"])
        session.commit()
        session.execute(update(Account.Snapshot.__table__).values(osiris_fingerprint=0))
        for account in session.scalars(select(Account)):
            account.balance += 1
        session.commit()

    assert [each.balance for each in repository(Account, tenant).states()] == [2, 2]


WITH_OPTIONS = ["session"] if "execution_options" in signature(Session).parameters else []
"""A session has options of its own from SQLAlchemy 2.1 on."""


@pytest.mark.parametrize("chosen", ["connection", "bound connection", *WITH_OPTIONS])
def test_a_map_of_a_session_or_of_a_connection_counts(apart, chosen):
    translated = {"schema_translate_map": {None: TENANT}}
    with ExitStack() as stack:
        if chosen == "bound connection":
            bind = stack.enter_context(apart.connect()).execution_options(**translated)
        else:
            bind = apart
        session = stack.enter_context(Session(bind))
        if chosen == "connection":
            session.connection(execution_options=translated)
        elif chosen == "session":
            session = stack.enter_context(Session(apart, execution_options=translated))
        session.add(Account(id="a", balance=1))
        session.flush()
        accounts = repository(Account, session)
        accounts.append("a", balance=2)
        accounts.append_many([NewEvent("b", {"balance": 3})])
        assert [each.balance for each in accounts.states()] == [3, 3]
        session.commit()

    assert rows(apart, TENANT) == {"account_event": 3, "account_snapshot": 2}


def test_tenants_take_turns_on_one_engine(apart):
    """What is compiled once serves all of them, whichever comes first."""
    for name in "abc":
        repository(Account, of_tenant(apart)).append(name, balance=1)
        with Session(of_tenant(apart)) as session:
            session.add_all([Account(id=f"{name}{number}") for number in range(2)])
            session.commit()
        repository(Account, apart).append(name, balance=10)
    with apart.begin() as connection:
        assert connection.scalar(select(func.sum(Account.Snapshot.balance))) == 30
    assert rows(apart, TENANT)["account_event"] == 9

    with apart.begin() as connection, unlocked(connection, log_of(Account)):
        for table in (Account.Event.__table__, Account.Snapshot.__table__):
            connection.execute(delete(table))


# --- reading and upkeep ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Account, Chart])
def test_upkeep_stays_in_the_tenants_schema(tenant, model):
    field = "balance" if model is Account else "visits"
    logs = repository(model, tenant)
    for number in range(5):
        logs.append_many(NewEvent(name, {field: number}) for name in "ab")
    logs.snapshots()
    assert logs.archive(keep=2) == 6
    assert logs.redact("a", 1, field, reason="told to") is not None
    assert logs.restore() == 6
    assert logs.archive(keep=1) > 0
    assert logs.erase("b") == 5
    assert getattr(logs.state("a", at=2), field) == 1
    assert len(logs.feed()) == 6
    assert not logs.verify().differences
    assert [each.seq for each in logs.history("a")] == [1, 2, 3, 4, 5, 6]


def test_encrypted_values_and_their_keys_are_in_the_tenants_schema(tenant):
    secrets = repository(Secret, tenant)
    secrets.append("a", said="one")
    secrets.append_many([NewEvent("b", {"said": "two"})])

    assert [each.said for each in secrets.states()] == ["one", "two"]
    assert rows(tenant, TENANT)["secret_key"] == 2


def test_snapshots_of_views_are_in_the_tenants_schema(tenant):
    accounts = repository(Account, tenant)
    accounts.append("a", owner="jane", balance=1)
    accounts.snapshots()
    accounts.append("a", owner="jane", balance=2)

    with Session(tenant) as session:
        assert session.scalars(select(Owned.balance)).all() == [3]
    assert rows(tenant, TENANT)["owned_snapshot"] == 1


def test_a_subscription_stands_in_the_tenants_schema(tenant):
    repository(Account, tenant).append("a", balance=1)
    seen = []
    mailer = Subscription(
        repository(Account, sessionmaker(tenant)), "mail", lambda _session, event: seen.append(event)
    )

    assert (mailer.run(), len(seen)) == (1, 1)


def test_a_sessions_feed_is_of_the_log_that_its_connection_writes(apart):
    with apart.connect() as connection:
        session = Session(connection.execution_options(schema_translate_map={None: TENANT}))
        accounts = repository(Account, session)
        accounts.append("a", balance=1)
        session.commit()
        assert fields(accounts.feed()) == [{"balance": 1}]
        session.close()


def test_a_tenants_log_is_protected(tenant):
    repository(Account, tenant).append("a", balance=1)
    with pytest.raises(DBAPIError), tenant.begin() as connection:
        connection.execute(update(Account.Event.__table__).values(balance=2))


def test_a_tenants_tables_are_dropped_with_what_protects_them(tenant):
    Base.metadata.drop_all(tenant)
    Base.metadata.create_all(tenant)
    repository(Account, tenant).append("a", balance=1)
    with pytest.raises(DBAPIError), tenant.begin() as connection:
        connection.execute(delete(Account.Event.__table__))


# --- migrations -----------------------------------------------------------------------------------


def operations_of(connection) -> Any:
    return Operations(MigrationContext.configure(connection))


def test_a_migration_protects_the_tenants_log(tenant):
    repository(Account, tenant).append("a", owner="jane", balance=1)
    changing = update(Account.Event.__table__).values(balance=2)
    with tenant.begin() as connection:
        operations_of(connection).drop_append_only("account_event")
        connection.execute(changing)
        operations_of(connection).create_append_only("account_event")
    with pytest.raises(DBAPIError), tenant.begin() as connection:
        connection.execute(changing)


def test_a_migration_that_would_alter_another_tenants_tables_is_refused(apart, tenant):
    note = Column("note", String(9))
    with tenant.begin() as connection, pytest.raises(OsirisError, match="schema_translate_map"):
        operations_of(connection).add_field("account", note, state=[Column("note", String(9))])
    with apart.connect() as connection:
        assert "note" not in [each["name"] for each in inspect(connection).get_columns("account_event")]


def test_a_generated_migration_that_would_alter_another_tenants_tables_is_refused(apart, tenant):
    note = Column("note", String(9))
    refused = pytest.raises(OsirisError, match="schema_translate_map")
    with (
        tenant.begin() as connection,
        refused,
        Operations.context(MigrationContext.configure(connection)),
    ):
        osiris.add_field("account", note, state=[Column("note", String(9))])
    with apart.connect() as connection:
        assert "note" not in [each["name"] for each in inspect(connection).get_columns("account_event")]


def test_a_migration_that_names_the_tenants_schema_alters_its_tables(apart, tenant):
    with tenant.begin() as connection:
        operations_of(connection).add_field(
            "chart", Column("note", String(9)), state=[Column("note", String(9))], archive=True, schema=TENANT
        )
    with apart.connect() as connection:
        found = {
            schema: [each["name"] for each in inspect(connection).get_columns("chart_event", schema=schema)]
            for schema in (None, TENANT)
        }
    assert [("note" in names) for names in found.values()] == [False, True]
