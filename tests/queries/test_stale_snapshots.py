"""Accumulators under another fingerprint than the model's are as good as none: states stay right."""

import pytest
from sqlalchemy import func, inspect, select, update

from sqla_osiris import ConcurrentAppend, repository
from tests.queries.payrolls import random_log

BOOKKEEPING = {"id", "seq", "osiris_origin", "osiris_folded", "osiris_fingerprint"}
GARBAGE = {int: 987_654, str: "garbage"}
STALE = 123


@pytest.fixture(scope="module")
def log():
    return random_log(length=120, contexts=12)


@pytest.fixture
def heads(payroll):
    """The table behind `Snapshot`."""
    return payroll.Worker.Snapshot.__table__


@pytest.fixture
def victim(expected):
    """A context with a long tail."""
    return max(expected, key=lambda context: expected[context]["seq"])


@pytest.fixture(params=["one", "all"])
def stale(request, own_session, heads, victim):
    """Garbage under another fingerprint, in one head or in all."""
    statement = update(heads).values(garbage(heads) | {"osiris_fingerprint": STALE})
    if request.param == "one":
        statement = statement.where(heads.c.id == victim)
    own_session.execute(statement)
    own_session.commit()


def garbage(heads):
    """A wrong value for each accumulator."""
    return {
        column.name: 4 if column.name == "team_id" else GARBAGE[column.type.python_type]
        for column in heads.c
        if column.name not in BOOKKEEPING
    }


def seen(state):
    """A state as a dictionary, `id` and `seq` included."""
    return {column.key: getattr(state, column.key) for column in inspect(type(state)).column_attrs}


def fingerprint(own_session, heads, context):
    return own_session.scalar(select(heads.c.osiris_fingerprint).where(heads.c.id == context))


def test_get_does_not_use_a_stale_snapshot(own_session, payroll, expected, stale, victim):
    assert seen(own_session.get(payroll.Worker, victim)) == expected[victim]


def test_a_select_does_not_use_stale_snapshots(own_session, payroll, expected, stale):
    states = own_session.scalars(select(payroll.Worker)).all()

    assert {state.id: seen(state) for state in states} == expected


def test_where_does_not_use_stale_snapshots(own_session, payroll, stale):
    worker = payroll.Worker
    found = own_session.scalars(select(worker.id).where(worker.salary == GARBAGE[int])).all()

    assert found == []


def test_an_aggregate_does_not_use_stale_snapshots(own_session, payroll, expected, stale):
    total = own_session.scalar(select(func.sum(payroll.Worker.salary)))

    assert total == sum(state["salary"] for state in expected.values())


def test_the_repository_does_not_use_stale_snapshots(own_session, payroll, expected, stale):
    states = repository(payroll.Worker, own_session).states()

    assert {state.id: seen(state) for state in states} == expected


def test_an_append_to_a_stale_snapshot_counts(own_session, payroll, expected, stale, victim):
    repository(payroll.Worker, own_session).append(victim, salary=7, company="new")
    own_session.commit()

    assert seen(own_session.get(payroll.Worker, victim)) == expected[victim] | {
        "salary": expected[victim]["salary"] + 7,
        "company": "new",
        "seq": expected[victim]["seq"] + 1,
    }


def test_many_appends_to_a_stale_snapshot_count(own_session, payroll, expected, stale, victim):
    workers = repository(payroll.Worker, own_session)
    seqs = [workers.append(victim, salary=1).seq for _ in range(7)]
    own_session.commit()

    assert seqs == [expected[victim]["seq"] + n for n in range(1, 8)]
    assert workers.state(victim).salary == expected[victim]["salary"] + 7


def test_a_change_of_an_object_with_a_stale_snapshot_counts(own_session, payroll, expected, stale, victim):
    worker = own_session.get(payroll.Worker, victim)
    worker.salary += 7
    own_session.commit()

    assert seen(worker) == expected[victim] | {
        "salary": expected[victim]["salary"] + 7,
        "seq": expected[victim]["seq"] + 1,
    }


def test_an_object_with_a_stale_snapshot_can_be_deleted(own_session, payroll, stale, victim):
    own_session.delete(own_session.get(payroll.Worker, victim))
    own_session.commit()

    assert own_session.get(payroll.Worker, victim) is None


def test_a_new_life_on_a_stale_snapshot_begins_with_nothing(own_session, payroll, stale, victim):
    own_session.delete(own_session.get(payroll.Worker, victim))
    own_session.commit()
    own_session.add(payroll.Worker(id=victim, salary=1))
    own_session.commit()
    own_session.expunge_all()

    again = own_session.get(payroll.Worker, victim)

    assert (again.company, again.salary, again.best, again.visits) == (None, 1, None, 0)


def test_a_stale_snapshot_does_not_hide_that_its_context_is_live(own_session, payroll, stale, victim):
    own_session.add(payroll.Worker(id=victim))

    with pytest.raises(ConcurrentAppend, match=victim):
        own_session.commit()


def test_a_snapshot_leaves_the_state_as_it_was(own_session, payroll, expected, stale, victim):
    repository(payroll.Worker, own_session).snapshot(victim)
    own_session.commit()

    assert seen(own_session.get(payroll.Worker, victim)) == expected[victim]


def test_a_snapshot_heals_the_fingerprint(own_session, payroll, heads, stale, victim):
    repository(payroll.Worker, own_session).snapshot(victim)
    own_session.commit()

    assert fingerprint(own_session, heads, victim) != STALE


def test_a_snapshot_heals_the_accumulators(own_session, payroll, heads, expected, stale, victim):
    repository(payroll.Worker, own_session).snapshot(victim)
    own_session.commit()

    row = own_session.execute(select(heads.c.salary, heads.c.best).where(heads.c.id == victim)).one()

    assert tuple(row) == (expected[victim]["salary"], expected[victim]["best"])


def test_an_append_to_a_healed_snapshot_counts(own_session, payroll, expected, stale, victim):
    workers = repository(payroll.Worker, own_session)
    workers.snapshot(victim)
    workers.append(victim, salary=7)
    own_session.commit()

    assert workers.state(victim).salary == expected[victim]["salary"] + 7
