"""Through a schema_translate_map, keys are those of the schema that it names."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, copy, repository
from tests.keys.shop import EVERYWHERE, Base, Customer, Note, Parcel, Secret, Ticket

TENANT = "tenant_of_keys"


@pytest.fixture
def tenant(engine, tmp_path):
    """An engine of one tenant, beside whose tables there are those of another one, with other keys."""
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def attach(connection, _record):
            connection.execute(f"ATTACH DATABASE '{tmp_path / 'tenant.db'}' AS {TENANT}")
    else:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {TENANT}"))
    own = engine.execution_options(schema_translate_map={None: TENANT})
    for each in (engine, own):
        Base.metadata.create_all(each)
    for model in EVERYWHERE:
        repository(model, engine).append(700, name="another tenant's")
        repository(model, engine).move_keys_on()
    yield own
    engine.dispose()
    if engine.dialect.name != "sqlite":
        cascade = "CASCADE" if engine.dialect.name == "postgresql" else ""
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {TENANT} {cascade}"))


@pytest.mark.parametrize("model", [Customer, Ticket, Parcel, Secret, Note], ids=lambda model: model.__name__)
def test_a_tenant_has_keys_of_its_own(tenant, model, tmp_path):
    with Session(tenant) as session:
        session.add_all([one := model(name="a"), model(name="b")])
        session.commit()
        first = one.id
    streams = repository(model, tenant)
    assert streams.append(None, name="c").context == first + 2
    assert streams.append_many([NewEvent(None, {"name": "d"})]) == 1
    assert first < 700
    assert {state.id for state in streams.states()} == {first, first + 1, first + 2, first + 3}

    source = repository(model, f"sqlite:///{tmp_path / 'source.db'}")
    source.create()
    source.append(900, name="moved")
    copy(source, streams)
    assert streams.append(None, name="e").context == 901
