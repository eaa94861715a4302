"""The testing kit's own suites hold for each store, as they do for a third party's."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import settings

from sqla_osiris import DynamoRepository, MongoRepository
from sqla_osiris.testing import RepositoryMachine
from sqla_osiris.testing.conformance import Account, RepositoryConformance
from tests import selection
from tests.stores.kept import Opens
from tests.testing.models import Employee, Profile

FEW = settings(max_examples=3, stateful_step_count=10, database=None)


class TestConformance(RepositoryConformance):
    @pytest.fixture(autouse=True)
    def store(self, opens: Opens) -> None:
        self.opens = opens
        opens(Account)

    def open(self, model: type[Any]) -> Any:
        return self.opens(model)


def stores_on_mongodb(request: pytest.FixtureRequest) -> Iterator[Opens]:
    database = request.getfixturevalue("mongodb_database")
    while True:
        database.client.drop_database(database.name)
        yield lambda model: MongoRepository(model, database)


def stores_on_dynamodb(request: pytest.FixtureRequest) -> Iterator[Opens]:
    client, prefix = request.getfixturevalue("dynamodb"), request.getfixturevalue("prefix")
    for number in count():
        yield lambda model, own=f"{prefix}{number}_": DynamoRepository(model, client, table_prefix=own)


EMPTY = {"mongodb": stores_on_mongodb, "dynamodb": stores_on_dynamodb}


@pytest.fixture
def empty_stores(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """What opens repositories, again and again on an empty store."""
    made: Iterator[Opens] = EMPTY[request.param](request)
    return made


@pytest.mark.parametrize(
    ("empty_stores", "kept"),
    selection.pairs(mongodb=[Profile], dynamodb=[Employee]),
    indirect=["empty_stores"],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_store_does_what_the_memory_does(empty_stores: Iterator[Opens], kept: type[Any]) -> None:
    @FEW
    class OnAStore(RepositoryMachine):
        model = kept

        def open(self) -> Any:
            return self.opens(kept)

        def clear(self) -> None:
            self.opens = next(empty_stores)
            self.opens(kept).create()

    OnAStore("test_it_does_what_the_memory_does").debug()
