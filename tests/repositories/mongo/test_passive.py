"""MongoDB: a read that folds a long tail stores the snapshot that was missing, and does not fail for it."""

import logging

import pytest
from pymongo.errors import OperationFailure

from sqla_osiris import MongoRepository
from tests.stores.models import Profiled


@pytest.fixture
def repository(mongodb_database):
    repository = MongoRepository(Profiled, mongodb_database)
    repository.create()
    for number in range(7):
        repository.append("bob", overtime=number)
    mongodb_database["contract_profiled_snapshot"].delete_many({})
    return repository


def test_a_read_of_a_long_tail_takes_a_snapshot(repository, mongodb_database):
    assert repository.state("bob").overtime == 21

    (snapshot,) = mongodb_database["contract_profiled_snapshot"].find()
    assert (snapshot["_id"], snapshot["seq"]) == ("bob", 7)
    assert repository.state("bob").overtime == 21
    assert repository.verify()


@pytest.mark.parametrize("at", [3, 7])
def test_a_read_of_the_past_takes_none(repository, mongodb_database, at):
    repository.state("bob", at=at)

    assert mongodb_database["contract_profiled_snapshot"].count_documents({}) == 0


def test_a_snapshot_that_cannot_be_stored_is_not_the_readers_failure(repository, mongodb_database, caplog):
    # A collection that refuses every document stands for a role that may only read.
    mongodb_database.command("collMod", "contract_profiled_snapshot", validator={"never": True})
    with pytest.raises(OperationFailure):
        repository.snapshot("bob")

    with caplog.at_level(logging.WARNING, "sqla_osiris"):
        assert repository.state("bob").overtime == 21
    assert [record.name for record in caplog.records] == ["sqla_osiris.mongodb"]
