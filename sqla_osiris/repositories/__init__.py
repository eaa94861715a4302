"""One model's log in one store: the interface, and a module for each store."""

from sqla_osiris.repositories.async_sql import AsyncSQLRepository
from sqla_osiris.repositories.copying import copy
from sqla_osiris.repositories.dynamo import AsyncDynamoRepository, DynamoRepository
from sqla_osiris.repositories.exporting import export_events, import_events
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql import SQLRepository
from sqla_osiris.repositories.targets import repository
from sqla_osiris.repositories.verification import Difference, Verification

__all__ = [
    "AsyncDynamoRepository",
    "AsyncSQLRepository",
    "Difference",
    "DynamoRepository",
    "MemoryRepository",
    "Repository",
    "SQLRepository",
    "Verification",
    "copy",
    "export_events",
    "import_events",
    "repository",
]
