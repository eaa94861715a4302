"""The stores' fixtures: each store's are in a file of its own."""

from tests.stores.dynamo_fixtures import (
    async_dynamodb,
    costs,
    dynamodb,
    dynamodb_resource,
    dynamodb_url,
    open_repository,
    prefix,
    racers,
)

__all__ = [
    "async_dynamodb",
    "costs",
    "dynamodb",
    "dynamodb_resource",
    "dynamodb_url",
    "open_repository",
    "prefix",
    "racers",
]
