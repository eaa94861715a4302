"""What follows the feed as a subscription, fails now and then, and is killed as anybody else."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import insert

from sqla_osiris import Subscription
from tests.histories.record import Call
from tests.histories.workers import Worker

__all__ = ["SUBSCRIPTION", "Subscriber"]

SUBSCRIPTION = "histories"
_SECONDS_TO_CATCH_UP = 25


class Trouble(Exception):
    """The handler's own."""


class Subscriber(Worker):
    fails = 0.01
    """How often its handler does, before and after it has written."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._subscription = Subscription(
            self.accounts, SUBSCRIPTION, self.handle, batch=20, attempts=1000, backoff=0.001, lease=5.0
        )

    def actions(self) -> list[Callable[[], object]]:
        return [self.follow]

    def follow(self) -> Call:
        call = self.call("follow", lambda _: {"found": self._subscription.run_once()})
        if not call.found:
            time.sleep(0.02)
        return call

    def handle(self, event: Any, session: Any) -> None:
        """Write the event where it belongs: in the subscription's own transaction, or else in the record."""
        if self.dice.random() < self.fails:
            raise Trouble
        if session is None:
            self.record.handled(event)
        else:
            row = insert(self.schema.handled).values(context=event.context, seq=event.seq)
            session.execute(row)
        if self.dice.random() < self.fails:
            raise Trouble

    def follow_to_the_end(self) -> None:
        """Until nothing is left, however long another worker's turn lasts that was killed."""
        until = time.monotonic() + _SECONDS_TO_CATCH_UP
        while (self._subscription.run() or self._subscription.lag().events) and time.monotonic() < until:
            time.sleep(0.05)
