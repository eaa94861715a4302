"""A page is read while the one before is worked on; errors and an early end come as without."""

import threading
from contextlib import closing

import pytest
from sqlalchemy import StaticPool, create_engine
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris import SQLRepository
from sqla_osiris.repositories.copying import read_ahead
from tests.repositories.models import InlineEmployee

SECONDS = 10


def test_the_next_page_is_read_meanwhile():
    second = threading.Event()

    def pages():
        yield 1
        second.set()
        yield 2

    ahead = read_ahead(pages())
    assert next(ahead) == 1
    assert second.wait(SECONDS)
    assert list(ahead) == [2]


def test_an_error_comes_where_the_page_would_have_come():
    def pages():
        yield 1
        raise ZeroDivisionError

    ahead = read_ahead(pages())
    assert next(ahead) == 1
    with pytest.raises(ZeroDivisionError):
        next(ahead)


def test_closed_early_it_leaves_no_thread():
    before = threading.active_count()
    with closing(read_ahead(iter(range(9)))) as pages:
        assert next(pages) == 0
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_only_what_another_thread_sees_is_read_by_one(sqlite_database):
    file, memory = create_engine(sqlite_database), create_engine("sqlite://")
    shared = create_engine("sqlite://", poolclass=StaticPool)
    with Session(file) as session:
        apart = [
            SQLRepository(InlineEmployee, target).reads_apart
            for target in (file, memory, shared, session, sessionmaker(file))
        ]
    assert apart == [True, False, False, False, False]
    file.dispose()
