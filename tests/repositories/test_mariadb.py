"""MariaDB refuses what it cannot do yet, and says so; what it can do is tested with the other two."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Mean, OsirisError, SQLRepository
from tests.repositories.models import InlineEmployee


class Base(DeclarativeBase):
    pass


class Clerk(EventSourced, Base):
    __tablename__ = "clerk"
    id = Context(String(40))
    overtime = Aggregate(Integer)
    mood = Aggregate(Integer, reducer=Mean())


@pytest.fixture
def engine(mariadb_database):
    engine = create_engine(mariadb_database)
    yield engine
    engine.dispose()


@pytest.fixture
def clerks(engine):
    repository = SQLRepository(Clerk, engine)
    repository.create()
    return repository


def test_what_it_lacks_is_no_capability_and_is_refused(clerks):
    assert clerks.capabilities == {"expected_seq", "event_id", "atomic_batches", "time_travel", "snapshots"}
    with pytest.raises(OsirisError, match="'feed'"):
        clerks.feed()
    with pytest.raises(OsirisError, match="'erase'"):
        clerks.erase("bob")
    with pytest.raises(OsirisError, match="'archive'"):
        clerks.archive(before=datetime.now(UTC))


def test_an_archive_is_refused_when_its_table_is_made(engine):
    with pytest.raises(OsirisError, match="'archive'"):
        SQLRepository(InlineEmployee, engine).create()


def test_the_past_snapshots_and_verification_work(clerks):
    for overtime in range(1, 6):
        clerks.append("bob", overtime=overtime, mood=overtime)

    past = [clerks.state("bob", at=seq) for seq in range(1, 6)]
    assert [(state.overtime, state.mood) for state in past] == [(1, 1), (3, 1.5), (6, 2), (10, 2.5), (15, 3)]
    assert clerks.state("bob", at=0) is None
    assert clerks.snapshots() == 0
    assert clerks.verify()
