"""The pages' servers."""

from tests.stores.dynamo_fixtures import dynamodb, dynamodb_url, prefix

__all__ = ["dynamodb", "dynamodb_url", "prefix"]
