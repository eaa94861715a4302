"""One model's log in one store: the interface, and a module for each store."""

from sqla_osiris.repositories.copying import copy
from sqla_osiris.repositories.dynamo import AsyncDynamoRepository, DynamoRepository
from sqla_osiris.repositories.exporting import export_events, import_events
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql.async_repository import AsyncSQLRepository
from sqla_osiris.repositories.sql.checkpoints import subscription_table
from sqla_osiris.repositories.sql.repository import SQLRepository
from sqla_osiris.repositories.targets import repository
from sqla_osiris.repositories.timeline import ABSENT, Change, Changes, Replayed, adiff, areplay, diff, replay
from sqla_osiris.repositories.verification import Difference, Verification
from sqla_osiris.subscriptions.async_subscription import AsyncSubscription
from sqla_osiris.subscriptions.checkpoints import Parked
from sqla_osiris.subscriptions.subscription import Lag, Subscription

__all__ = [
    "ABSENT",
    "AsyncDynamoRepository",
    "AsyncSQLRepository",
    "AsyncSubscription",
    "Change",
    "Changes",
    "Difference",
    "DynamoRepository",
    "Lag",
    "MemoryRepository",
    "Parked",
    "Replayed",
    "Repository",
    "SQLRepository",
    "Subscription",
    "Verification",
    "adiff",
    "areplay",
    "copy",
    "diff",
    "export_events",
    "import_events",
    "replay",
    "repository",
    "subscription_table",
]
