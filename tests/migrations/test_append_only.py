"""A log that the database protects: nobody changes an event, and the library's own work goes on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Integer, String, delete, text, update
from sqlalchemy.exc import DBAPIError

from sqla_osiris import Aggregate, Context, Latest, NewEvent, SQLRepository, repository
from sqla_osiris.keeping.triggers import unlocked
from tests.conftest import DATABASES
from tests.migrations.project import employee


def protected(**body):
    return employee(name=Latest(String), worked=Aggregate(Integer), **{"__append_only__": True, **body})


@pytest.fixture(params=["create_all", "upgrade"])
def model(request, project):
    """A protected model in the database, by either way that makes its tables."""
    model = protected()
    if request.param == "create_all":
        model.metadata.create_all(project.engine)
    else:
        project.migrate("create", model)
    repository(model, project.engine).append("bob", name="Bob", worked=1)
    return model


def changes(model):
    events = model.Event.__table__
    return [update(events).values(worked=2), delete(events)]


def test_no_event_is_changed_or_removed(model, engine):
    for statement in changes(model):
        with pytest.raises(DBAPIError, match="employee_event is append-only"), engine.begin() as connection:
            connection.execute(statement)
    assert [event.fields["worked"] for event in repository(model, engine).history("bob")] == [1]


REPLACING = {
    "sqlite": ["INSERT OR REPLACE INTO", "REPLACE INTO"],
    "mariadb": ["REPLACE INTO"],
    "mysql": ["REPLACE INTO"],
    "postgresql": ["INSERT INTO"],
}
UPDATING = {
    "mariadb": "ON DUPLICATE KEY UPDATE worked = 9",
    "mysql": "ON DUPLICATE KEY UPDATE worked = 9",
    "sqlite": "ON CONFLICT DO UPDATE SET worked = 9",
    "postgresql": "ON CONFLICT (id, seq) DO UPDATE SET worked = 9",
}
TAKEN = {
    "the seq": {"seq": "1"},
    "the event_id": {"seq": "9", "position": "position + 9"},
}


def stored(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT id, seq, worked FROM employee_event")).all()


@pytest.mark.parametrize("taken", TAKEN)
def test_an_insert_that_takes_an_events_place_is_refused(model, engine, taken):
    repository(model, engine).append("jane", name="Jane", worked=1, event_id=UUID(int=5))
    before = stored(engine)
    copied = dict.fromkeys((column.name for column in model.Event.__table__.columns), "") | {"worked": "9"}
    columns = ", ".join(copied)
    values = ", ".join((TAKEN[taken] | {"worked": "9"}).get(name, name) for name in copied)
    source = f"SELECT {values} FROM employee_event WHERE id = 'jane'"
    name = engine.dialect.name
    override = "OVERRIDING SYSTEM VALUE " if name == "postgresql" else ""
    statements = [f"{verb} employee_event ({columns}) {override}{source}" for verb in REPLACING[name]]
    # SQLite's parser takes ON for a join's where no WHERE stands before it.
    if taken == "the seq" or name != "postgresql":
        statements.append(f"INSERT INTO employee_event ({columns}) {override}{source} {UPDATING[name]}")
    for statement in statements:
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(statement))
        assert stored(engine) == before


def test_a_repeat_by_event_id_is_left_out_of_a_protected_log(model, engine):
    employees = repository(model, engine)
    for _ in range(2):
        assert employees.append("jane", worked=1, event_id=UUID(int=5)).seq == 1
        assert employees.append_many([NewEvent("bob", {"worked": 1}, event_id=UUID(int=6))]) in (0, 1)
    assert [event.seq for event in employees.history("bob")] == [1, 2]


HALF = {
    "sqlite": "DROP TRIGGER employee_event_append_only_insert",
    "mariadb": "DROP TRIGGER employee_event_append_only_delete",
    "mysql": "DROP TRIGGER employee_event_append_only_delete",
    "postgresql": "DROP TRIGGER osiris_append_only ON employee_event",
}


def test_a_log_that_is_protected_in_part_is_protected_by_the_next_migration(engine, project):
    """As one of SQLite's is that was protected before an INSERT OR REPLACE was refused."""
    project.migrate("create", protected())
    with engine.begin() as connection:
        connection.execute(text(HALF[engine.dialect.name]))
    assert [each[0] for each in project.differences(protected())] == ["create_append_only"]


def test_truncate_is_refused(model, engine):
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE: its DELETE is refused")
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text("TRUNCATE TABLE employee_event"))
    assert len(list(repository(model, engine).history("bob"))) == 1


def test_events_are_appended_as_ever(model, engine):
    employees = repository(model, engine)
    employees.append("bob", worked=2)
    assert employees.state("bob").worked == 3


def test_the_compared_database_and_models_are_equal(model, project):
    assert project.differences(model) == []


def test_what_create_all_made_drop_all_drops(model, engine):
    model.metadata.drop_all(engine)
    model.metadata.create_all(engine)
    assert repository(model, engine).append("bob", worked=2).seq == 1


def test_the_library_erases_and_locks_again(model, engine):
    employees: SQLRepository = repository(model, engine)
    employees.append("jane", worked=5)
    assert employees.erase("bob") == 1
    for statement in changes(model):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(statement)


def test_the_library_archives_and_locks_again(engine, project):
    model = protected(__archive__=True)
    project.migrate("create", model)
    employees = repository(model, engine)
    employees.append("bob", worked=5)
    assert employees.archive(before=datetime.now(UTC) + timedelta(days=1)) == 1
    employees.append("jane", worked=1)  # a trigger for each row asks for a row
    archive = model.metadata.tables["employee_event_archive"]
    for statement in (*changes(model), update(archive).values(worked=2), delete(archive)):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(statement)
    assert employees.restore("bob") == 1
    assert employees.redact("bob", 1, "worked", reason="asked for")
    for statement in changes(model):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(statement)
    assert employees.state("bob").worked == 0


def test_a_failed_erasure_leaves_the_log_locked(model, engine):
    with engine.connect() as connection:
        with pytest.raises(RuntimeError), connection.begin(), unlocked(connection, model.__osiris__):
            raise RuntimeError
        for statement in changes(model):
            with pytest.raises(DBAPIError), connection.begin():
                connection.execute(statement)


def test_protection_comes_and_goes_with_the_declaration(engine, project):
    plain, guarded = protected(__append_only__=False), protected()
    project.migrate("create", plain)
    repository(plain, engine).append("bob", worked=1)

    assert "osiris.create_append_only('employee_event')" in project.migrate("protect", guarded)
    assert project.differences(guarded) == []
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(changes(guarded)[0])

    assert "osiris.drop_append_only('employee_event')" in project.migrate("unprotect", plain)
    assert project.differences(plain) == []
    with engine.begin() as connection:
        assert connection.execute(changes(plain)[0]).rowcount == 1

    project.downgrade("base")
    project.upgrade()
    assert project.differences(plain) == []


def test_a_name_with_quotes_and_of_full_length_is_protected_too(engine, project):
    model = employee(worked=Aggregate(Integer), __append_only__=True, __tablename__='Em"ploy ' + "e" * 21)
    model.metadata.create_all(engine)
    repository(model, engine).append("bob", worked=1)
    assert project.differences(model) == []
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(delete(model.Event.__table__))


# SQLite copies the table, without its triggers. Of autoincrement=False, which a migration for all says, Alembic warns.
@pytest.mark.filterwarnings("ignore:autoincrement and existing_autoincrement")
@pytest.mark.parametrize("database_url", [d for d in DATABASES if d != "sqlite"], indirect=True)
def test_the_key_of_a_protected_log_becomes_wider_and_it_stays_protected(project):
    old = employee(__append_only__=True, __archive__=True, worked=Aggregate(Integer))
    new = employee(__append_only__=True, __archive__=True, id=Context(String(80)), worked=Aggregate(Integer))
    project.migrate("create", old)
    repository(old, project.engine).append("bob", worked=1)
    project.revise("wider", new)
    for _ in range(2):
        project.upgrade()
        project.check(new)
        project.downgrade("-1")
        assert project.differences(old) == []
    project.upgrade()
    assert repository(new, project.engine).append("b" * 80, worked=1).seq == 1
    with project.engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("TRUNCATE employee_event"))
