"""DynamoDB for a test: a client, tables of its own under a prefix, and what its calls cost. Import what is needed."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import aioboto3
import boto3
import pytest
import pytest_asyncio

from sqla_osiris import DynamoRepository
from sqla_osiris.repositories.dynamo.target import client_and_prefix
from tests.dynamodb_local import dynamodb_local
from tests.stores.kept import emptied_tables, tables_of

__all__ = [
    "Client",
    "Costs",
    "async_dynamodb",
    "costs",
    "dynamodb",
    "dynamodb_resource",
    "dynamodb_url",
    "modules_models",
    "modules_prefix",
    "new_client",
    "new_prefix",
    "on_dynamodb",
    "open_on_dynamodb",
    "prefix",
]


class Client:
    """The real client, with one of its operations replaced: a fault between it and the server."""

    def __init__(self, client: Any, **operations: Callable[..., Any]) -> None:
        self._client = client
        vars(self).update(operations)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str]:
    """The `dynamodb://` URL of a running server."""
    given = os.environ.get("OSIRIS_TEST_DYNAMODB_URL")
    if given:
        yield given
        return
    with dynamodb_local() as url:
        yield url


@pytest.fixture(scope="session")
def new_client(dynamodb_url: str) -> Callable[[], Any]:
    """Makes boto3 clients of one session: a session of its own for each would read all of AWS's descriptions again."""
    first, _ = client_and_prefix(dynamodb_url)
    arguments, session = _arguments(first), boto3.Session()
    first.close()
    return lambda: session.client("dynamodb", **arguments)


@pytest.fixture
def dynamodb(new_client: Callable[[], Any]) -> Iterator[Any]:
    """A boto3 client."""
    client = new_client()
    yield client
    client.close()


@pytest.fixture
def dynamodb_resource(dynamodb: Any) -> Iterator[Any]:
    """A boto3 resource on the same server."""
    resource = boto3.resource("dynamodb", **_arguments(dynamodb))
    yield resource
    resource.meta.client.close()


@pytest_asyncio.fixture
async def async_dynamodb(dynamodb: Any) -> AsyncIterator[Any]:
    """An entered aioboto3 client on the same server."""
    async with aioboto3.Session().client("dynamodb", **_arguments(dynamodb)) as client:
        yield client


@pytest.fixture
def new_prefix(dynamodb: Any) -> Iterator[str]:
    """The beginning of tables that do not exist yet, and are deleted after the test."""
    yield from _prefix(dynamodb)


@pytest.fixture(scope="module")
def modules_prefix(new_client: Callable[[], Any]) -> Iterator[str]:
    with closing(new_client()) as client:
        yield from _prefix(client)


@pytest.fixture(scope="module")
def modules_models() -> set[type[Any]]:
    """The models whose tables a test of the module created."""
    return set()


@pytest.fixture
def prefix(dynamodb: Any, modules_prefix: str) -> Iterator[str]:
    """The beginning of the module's own tables, which are empty before and after a test."""
    with emptied_tables(dynamodb, modules_prefix):
        yield modules_prefix


@pytest.fixture
def open_on_dynamodb(dynamodb: Any, prefix: str, modules_models: set[type[Any]]) -> Callable[..., Any]:
    """Another repository on the module's tables, which are created with the first one of each model."""

    def open_one(model: type[Any], target: Any = None, **options: Any) -> Any:
        repository = DynamoRepository(model, target or dynamodb, table_prefix=prefix, **options)
        if model not in modules_models:
            repository.create()
            modules_models.add(model)
        return repository

    return open_one


def _prefix(client: Any) -> Iterator[str]:
    prefix = f"t{uuid4().hex[:16]}_"
    yield prefix
    for name in tables_of(client, prefix):
        client.delete_table(TableName=name)


def on_dynamodb(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Opens repositories of any model in empty tables: a line of the contract's STORES."""
    yield request.getfixturevalue("open_on_dynamodb")


class Costs:
    """The read and write units of a client's calls, as DynamoDB counted them."""

    def __init__(self, client: Any) -> None:
        self.calls: list[tuple[str, float, float]] = []
        events = client.meta.events
        events.register("provide-client-params.dynamodb", self._ask)
        events.register("after-call.dynamodb", self._count)

    def of(self, call: Callable[[], Any]) -> tuple[float, float]:
        """The read and write units of one call of a repository."""
        before = len(self.calls)
        call()
        made = self.calls[before:]
        return sum(reads for _, reads, _ in made), sum(writes for *_, writes in made)

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        asked = {"ReturnConsumedCapacity": "TOTAL"}
        return params | asked if "ReturnConsumedCapacity" in model.input_shape.members else params

    def _count(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(
            part["CapacityUnits"] for part in ([consumed] if isinstance(consumed, dict) else consumed)
        )
        reading = model.name in {"Query", "Scan", "GetItem", "BatchGetItem"}
        self.calls.append((model.name, units if reading else 0.0, 0.0 if reading else units))


@pytest.fixture
def costs(dynamodb: Any) -> Costs:
    return Costs(dynamodb)


def _arguments(client: Any) -> dict[str, Any]:
    credentials = client._request_signer._credentials
    return {
        "region_name": client.meta.region_name,
        "endpoint_url": client.meta.endpoint_url,
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret_key,
    }
