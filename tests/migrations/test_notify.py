"""A model that wakes its subscriptions: create_all and migrations make its trigger, where the database knows any."""

import pytest
from sqlalchemy import Integer, text

from sqla_osiris import Aggregate, DeclarationError, repository
from tests.migrations.project import employee


def notifying(**body):
    return employee(**{"worked": Aggregate(Integer), "__notify__": True} | body)


def functions(engine):
    """The functions that triggers of ours call."""
    if engine.dialect.name != "postgresql":
        return []
    query = text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    with engine.connect() as connection:
        return connection.scalars(query).all()


def expected(engine, *names):
    return list(names) if engine.dialect.name == "postgresql" else []


def test_what_create_all_made_drop_all_drops(engine, project):
    model = notifying()
    for _ in range(2):
        model.metadata.create_all(engine)
        assert functions(engine) == expected(engine, "employee_event_notify")
        assert project.differences(model) == []
        assert repository(model, engine).append("bob", worked=2).seq == 1
        model.metadata.drop_all(engine)
        assert functions(engine) == []


def test_it_comes_and_goes_with_the_declaration(engine, project):
    plain, notified = notifying(__notify__=False), notifying()
    project.migrate("create", plain)
    assert functions(engine) == []

    text = project.migrate("notify", notified)
    assert ("osiris.create_notify('employee_event')" in text) == (engine.dialect.name == "postgresql")
    assert functions(engine) == expected(engine, "employee_event_notify")
    assert project.differences(notified) == []

    taken = project.migrate("silence", plain)
    assert ("osiris.drop_notify('employee_event')" in taken) == (engine.dialect.name == "postgresql")
    assert functions(engine) == []
    assert project.differences(plain) == []

    project.downgrade("0002")
    assert functions(engine) == expected(engine, "employee_event_notify")
    project.downgrade("base")
    assert functions(engine) == []


def test_a_dropped_table_takes_its_function_along(engine, project):
    model = notifying()
    project.migrate("create", model)
    assert functions(engine) == expected(engine, "employee_event_notify")
    project.migrate("drop", employee(__tablename__="other", worked=Aggregate(Integer)))
    assert functions(engine) == []
    project.downgrade("0001")
    assert project.differences(model) == []


def test_a_name_with_quotes_and_of_full_length_is_notified_too(engine, project):
    model = notifying(__tablename__='Em"ploy ' + "e" * 21)
    model.metadata.create_all(engine)
    assert repository(model, engine).append("bob", worked=1).seq == 1
    assert project.differences(model) == []


@pytest.mark.parametrize("asked", [1, "yes", None])
def test_it_takes_true_or_false(asked):
    with pytest.raises(DeclarationError, match="__notify__"):
        notifying(__notify__=asked)
