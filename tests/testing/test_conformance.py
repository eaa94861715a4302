"""The conformance suite is run by unittest as well, and finds a store that breaks a promise.

That it holds on each store, by pytest: tests/stores/test_kit.py.
"""

import unittest

import pytest

from sqla_osiris import MemoryRepository
from sqla_osiris.testing.conformance import RepositoryConformance


def failing(store: type[MemoryRepository]) -> set[str]:
    class Conformance(RepositoryConformance, unittest.TestCase):
        def open(self, model):
            return self.__dict__.setdefault("opened", store(model))

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Conformance).run(result)
    assert result.testsRun > 15
    return {test._testMethodName for test, _ in result.failures + result.errors}


def test_unittest_runs_the_suite_too():
    assert failing(MemoryRepository) == set()


class ForgetsEventIds(MemoryRepository):
    def append(self, context, /, *, event_id=None, **said):
        return super().append(context, **said)


class StartsHistoriesAtTheirSeq(MemoryRepository):
    def history(self, context, /, *, after=0):
        return super().history(context, after=after - 1)


class KeepsHalfABatch(MemoryRepository):
    def append_many(self, events, *, progress=None):
        appended = sum(super(KeepsHalfABatch, self).append_many([event]) for event in events)
        progress and progress(appended)
        return appended


@pytest.mark.parametrize(
    ("store", "found"),
    [
        (ForgetsEventIds, "test_an_event_id_is_appended_once"),
        (StartsHistoriesAtTheirSeq, "test_a_history_begins_after_a_seq"),
        (KeepsHalfABatch, "test_append_many_is_all_or_nothing"),
    ],
)
def test_a_store_that_breaks_a_promise_is_found(store, found):
    assert found in failing(store)
