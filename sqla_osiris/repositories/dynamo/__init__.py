"""The log in DynamoDB. ``tables`` says where things are, ``appending`` and ``feed`` why nothing is lost."""

from sqla_osiris.repositories.dynamo.async_repository import AsyncDynamoRepository
from sqla_osiris.repositories.dynamo.repository import DynamoRepository

__all__ = ["AsyncDynamoRepository", "DynamoRepository"]
