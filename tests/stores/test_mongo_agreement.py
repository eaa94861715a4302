"""MongoDB gives the memory's states and histories for equal calls, with every reducer and every policy."""

from uuid import uuid4

import pytest
from hypothesis import given

from sqla_osiris import MemoryRepository, MongoRepository
from tests.laws.test_agreement import (
    CALLS,
    Folded,
    Inlined,
    Snapshotted,
    run,
    seen,
    without_identity_types,
)


@pytest.mark.parametrize("model", [Inlined, Snapshotted, Folded])
@given(calls=CALLS)
def test_mongodb_agrees_with_the_memory(mongodb_database, model, calls):
    prefix = uuid4().hex  # every example has contexts of its own
    memory, mongo = MemoryRepository(model), MongoRepository(model, mongodb_database)
    mongo.create()

    run(memory, calls, prefix)
    run(mongo, calls, prefix)

    assert without_identity_types(seen(mongo, prefix)) == without_identity_types(seen(memory, prefix))
