"""MariaDB's and MySQL's positions become visible out of order: those of a transaction that runs are waited for."""

import time
from contextlib import suppress
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, SQLRepository
from tests.databases.clerks import Clerk, contexts, leave_a_hole


def test_events_before_those_of_a_running_transaction_are_read_at_once(clerks, engine):
    clerks.append("first", overtime=1)
    with Session(engine) as slow:
        SQLRepository(Clerk, slow).append("slow", overtime=1)
        clerks.append("quick", overtime=1)

        early = clerks.feed()
        assert contexts(early) == ["first"]
        assert clerks.feed(after=early[-1].position) == []
        slow.commit()

    assert contexts(clerks.feed(after=early[-1].position)) == ["slow", "quick"]


def test_a_batch_that_runs_holds_up_what_came_after_it(clerks, engine):
    with Session(engine) as slow:
        batch = SQLRepository(Clerk, slow)
        batch.append_many(NewEvent(f"e{number}", {"overtime": 1}) for number in range(50))
        clerks.append("quick", overtime=1)
        first = clerks.feed()
        batch.append_many(NewEvent(f"e{number}", {"overtime": 1}) for number in range(50))
        clerks.append("quick", overtime=1)
        slow.commit()

    assert first == []
    assert len(clerks.feed()) == 102


def commit_left_behind(engine, name):
    """Commit the prepared transaction as soon as the server has noticed that its client is gone."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(200):
            with suppress(DBAPIError):
                connection.execute(text(f"XA COMMIT '{name}'"))
                return
            time.sleep(0.05)
    raise AssertionError("the server still has the client")


def test_a_prepared_transaction_without_a_client_is_waited_for(clerks, engine):
    leave_a_hole(engine)  # as every table has, sooner or later
    arguments, options = engine.dialect.create_connect_args(engine.url)
    driver = engine.dialect.connect(*arguments, **options)
    cursor = driver.cursor()
    name = uuid4().hex
    cursor.execute(f"XA START '{name}'")
    columns = "id, seq, osiris_origin, osiris_folded, osiris_fingerprint"
    cursor.execute(f"INSERT INTO clerk_snapshot ({columns}) VALUES ('slow', 1, 0, 0, 0)")
    cursor.execute("INSERT INTO clerk_event (id, seq, overtime) VALUES ('slow', 1, 1)")
    cursor.execute(f"XA END '{name}'")
    cursor.execute(f"XA PREPARE '{name}'")
    driver.close()
    clerks.append("quick", overtime=1)

    first = clerks.feed()
    commit_left_behind(engine, name)

    assert first == []
    assert contexts(clerks.feed()) == ["slow", "quick"]
