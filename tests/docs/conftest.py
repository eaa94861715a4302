"""The pages' servers."""

from tests.stores.dynamo_fixtures import dynamodb, dynamodb_url, new_client, prefix

__all__ = ["dynamodb", "dynamodb_url", "new_client", "prefix"]
