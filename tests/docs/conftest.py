"""The pages' servers."""

from tests.stores.dynamo_fixtures import dynamodb, dynamodb_url, new_client
from tests.stores.dynamo_fixtures import new_prefix as prefix

__all__ = ["dynamodb", "dynamodb_url", "new_client", "prefix"]
