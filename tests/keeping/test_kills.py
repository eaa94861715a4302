"""A process killed in the middle of snapshots, archive, restore or copy leaves a log that verifies, and the job finishes.

Few kills each here; `OSIRIS_TEST_KILLS=50` is the number that a release is checked with (see docs/keeping.md).
"""

import os
import random
import time
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, delete, update

from sqla_osiris import NewEvent, repository
from tests.keeping.upkeep_process import JOBS, Watched, run_job, work
from tests.processes import processes
from tests.repositories.models import contents, values

KILLS = int(os.environ.get("OSIRIS_TEST_KILLS", "2"))
KINDS = ["sqlite", "postgresql", "mongodb", *(["mariadb"] if KILLS > 2 else [])]
"""MariaDB's statements are the other SQL databases', and its DDL is slow: a release checks it, too."""
CONTEXTS, EVENTS = 40, 12
LONGEST_PAUSE = 0.05
"""Seconds after a page was told: longer than a page takes, so that a kill may hit any moment of the next one."""


class SQLStores:
    """Two databases; what a job did is undone by SQL."""

    def __init__(self, source, target):
        self.urls = source, target
        self.engines = [create_engine(url) for url in self.urls]
        self.log = Watched.__osiris__

    def open(self):
        return [repository(Watched, engine) for engine in self.engines]

    def undo_snapshots(self):
        with self.engines[0].begin() as connection:
            connection.execute(update(self.log.heads).values(osiris_fingerprint=7))

    def empty_target(self):
        with self.engines[1].begin() as connection:
            for table in (self.log.events, self.log.archive, self.log.heads):
                connection.execute(delete(table))

    def close(self):
        for engine in self.engines:
            engine.dispose()


class MongoStores:
    def __init__(self, client, url):
        self.names = [f"osiris_{uuid4().hex}" for _ in range(2)]
        self.client = client
        head, _, options = url.partition("?")
        self.urls = [f"{head.rstrip('/')}/{name}?{options}" for name in self.names]

    def open(self):
        return [repository(Watched, self.client[name]) for name in self.names]

    def undo_snapshots(self):
        self.client[self.names[0]]["watched_snapshot"].update_many({}, {"$set": {"fingerprint": 7}})

    def empty_target(self):
        self.client.drop_database(self.names[1])
        repository(Watched, self.client[self.names[1]]).create()

    def close(self):
        for name in self.names:
            self.client.drop_database(name)


@pytest.fixture
def two_databases(request, tmp_path):
    """Two empty databases of a kind."""
    kind = request.param
    if kind == "sqlite":
        stores = SQLStores(*(f"sqlite:///{tmp_path / name}.db" for name in ("source", "target")))
    elif kind == "mongodb":
        url = request.getfixturevalue("mongodb_url")
        stores = MongoStores(request.getfixturevalue("mongodb_client"), url)
    else:
        target = f"sqlite:///{tmp_path / 'target'}.db"
        stores = SQLStores(request.getfixturevalue(f"{kind}_database"), target)
    yield stores
    stores.close()


def log_of(log):
    return {state.id: (values(state), contents(log.history(state.id))) for state in log.states()}, {
        context: [e.seq for e in log.feed(limit=10_000) if e.context == context] for context in ("c0", "c39")
    }


def killed(stores, job, dice):
    """Whether the job was killed before it was over, and what it had told by then."""
    here, there = processes().Pipe(duplex=False)
    process = processes().Process(target=work, args=(job, *stores.urls, there))
    process.start()
    there.close()
    told = None
    try:
        for _ in range(1 + dice.randrange(12)):
            told = here.recv()
            if told is None:
                break
        time.sleep(dice.uniform(0, LONGEST_PAUSE))
    finally:
        process.kill()
        process.join()
        here.close()
    return process.exitcode == -9, told


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("two_databases", KINDS, indirect=True)
def test_a_job_that_was_killed_leaves_a_true_log_and_finishes(two_databases, job, record_property):
    source, target = two_databases.open()
    source.create()
    target.create()
    source.append_many(
        NewEvent(f"c{n % CONTEXTS}", {"overtime": n, "company": f"c{n}"}) for n in range(CONTEXTS * EVENTS)
    )
    expected, dice, kills = log_of(source), random.Random(f"{job} {two_databases.urls[0][:6]}"), 0

    for _ in range(10 * KILLS):
        if kills == KILLS:
            break
        prepare(job, source, two_databases)
        was_killed, told = killed(two_databases, job, dice)
        kills += was_killed
        assert source.verify(), source.verify().differences[:3]
        assert target.verify(), target.verify().differences[:3]
        assert log_of(source) == expected

        there = len(target.feed(limit=10_000))
        done = run_job(job, source, target, lambda _done: None)
        assert run_job(job, source, target, lambda _done: None) == 0
        assert source.verify()
        assert log_of(source) == expected
        if job == "copy":
            assert log_of(target)[0] == expected[0]
            assert done == CONTEXTS * EVENTS - there
            assert not isinstance(told, int) or told <= there

    record_property("kills", kills)
    assert kills == KILLS


def prepare(job, source, stores):
    if job == "snapshots":
        stores.undo_snapshots()
    elif job == "archive":
        source.restore()
    elif job == "restore":
        source.snapshots()
        source.archive(keep=2)
    else:
        stores.empty_target()
