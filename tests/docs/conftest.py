"""The pages' servers."""

from tests.stores.dynamo_fixtures import dynamodb_url

__all__ = ["dynamodb_url"]
