"""The log in DynamoDB. ``tables`` says where things are, ``appending`` and ``feeding`` why nothing is lost."""

from sqla_osiris.repositories.dynamo.repository import AsyncDynamoRepository, DynamoRepository

__all__ = ["AsyncDynamoRepository", "DynamoRepository"]
