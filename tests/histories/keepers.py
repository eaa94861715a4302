"""What keeps the log while it is written: snapshots, archive, restore, redaction, erasure, verification."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.histories.record import Call
from tests.histories.workers import Worker, places

__all__ = ["Keeper"]


class Keeper(Worker):
    def actions(self) -> list[Callable[[], object]]:
        often = [self.archive, self.archive_before, self.restore, self.redact, self.erase]
        return [*often, *often, self.snapshot, self.snapshots, self.verify]

    def call(self, kind: str, act: Callable[[Call], dict[str, Any]], **meant: Any) -> Call:
        call = super().call(kind, act, **meant)
        time.sleep(self.dice.random() * 0.05)
        return call

    def snapshot(self) -> Call:
        context = self.context()
        return self.call("snapshot", lambda _: {"found": self.accounts.snapshot(context)}, context=context)

    def snapshots(self) -> Call:
        return self.call("snapshots", lambda _: {"found": self.accounts.snapshots()})

    def archive(self) -> Call:
        keep = self.dice.choice((0, 1, 3, 10))
        return self.call("archive", lambda _: {"found": self.accounts.archive(keep=keep)})

    def archive_before(self) -> Call:
        before = datetime.now(UTC) - timedelta(seconds=self.dice.choice((0, 1, 3)))
        return self.call("archive_before", lambda _: {"found": self.accounts.archive(before=before)})

    def restore(self) -> Call:
        context = self.context() if self.dice.random() < 0.7 else None
        return self.call("restore", lambda _: {"found": self.accounts.restore(context)}, context=context)

    def redact(self) -> Call:
        context, seq = self.context(), self.dice.randrange(1, 30)

        def act(_: Call) -> dict[str, Any]:
            event = self.accounts.redact(context, seq, "note", reason="asked for")
            return {"wrote": places([event] if event else []), "found": seq}

        return self.call("redact", act, context=context, asked=seq)

    def erase(self) -> Call:
        context = self.grave()
        return self.call("erase", lambda _: {"found": self.accounts.erase(context)}, context=context)

    def verify(self) -> Call:
        def act(_: Call) -> dict[str, Any]:
            return {"found": [str(difference) for difference in self.accounts.verify().differences]}

        return self.call("verify", act)
