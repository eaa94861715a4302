"""A worker of a subscription that writes into the database and tells of it: a process for test_subscription_kills."""

import time
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert

from sqla_osiris import SQLRepository, Subscription
from tests.repositories.models import InlineEmployee

__all__ = ["HANDLED", "follow"]

HANDLED = Table("handled", MetaData(), Column("who", String(40)), Column("seq", Integer))


def follow(url: str, pipe: Any) -> None:
    """Tell through the pipe of each event that the handler has written, which is before it is committed."""
    repository = SQLRepository(InlineEmployee, create_engine(url))

    def handler(event: Any, session: Any) -> None:
        session.execute(insert(HANDLED).values(who=event.context, seq=event.seq))
        pipe.send((event.context, event.seq))
        time.sleep(0.001)

    Subscription(repository, "killed", handler, batch=4).run()
