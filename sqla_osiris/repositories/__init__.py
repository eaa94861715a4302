"""One model's log in one store: the interface, and a module for each store."""

from sqla_osiris.repositories.async_sql import AsyncSQLRepository
from sqla_osiris.repositories.async_subscriptions import AsyncSubscription
from sqla_osiris.repositories.checkpoints import Parked
from sqla_osiris.repositories.checkpoints_sql import subscription_table
from sqla_osiris.repositories.copying import copy
from sqla_osiris.repositories.dynamo import AsyncDynamoRepository, DynamoRepository
from sqla_osiris.repositories.exporting import export_events, import_events
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql import SQLRepository
from sqla_osiris.repositories.subscriptions import Lag, Subscription
from sqla_osiris.repositories.targets import repository
from sqla_osiris.repositories.timeline import ABSENT, Change, Changes, Replayed, adiff, areplay, diff, replay
from sqla_osiris.repositories.verification import Difference, Verification

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
