"""What reads while the log is written: states, present and past, histories, and the feed in pages of any size."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.histories.record import Call
from tests.histories.workers import Worker

__all__ = ["FeedReader", "StateReader"]


def seen(state: Any) -> list[Any] | None:
    """A state as the record keeps it."""
    return None if state is None else [state.id, state.seq, state.total, state.mark]


class StateReader(Worker):
    def actions(self) -> list[Callable[[], object]]:
        shared = [*[self.state] * 5, self.state_at, self.history, self.states, self.states_of]
        return shared if self.engine is None else [*shared, self.view]

    def call(self, kind: str, act: Callable[[Call], dict[str, Any]], **meant: Any) -> Call:
        call = super().call(kind, act, **meant)
        time.sleep(self.dice.random() * 0.01)  # writers need the processor, too
        return call

    def some(self) -> str:
        return self.grave() if self.dice.random() < 0.1 else self.context()

    def state(self) -> Call:
        context = self.some()
        return self.call("state", lambda _: {"found": [seen(self.accounts.state(context))]}, context=context)

    def state_at(self) -> Call | None:
        context = self.some()
        state = self.state_or_none(context)
        if state is None:
            return None
        seq = self.dice.randint(1, state.seq)
        return self.call(
            "state_at",
            lambda _: {"found": seen(self.accounts.state(context, at=seq))},
            context=context,
            asked=seq,
        )

    def state_or_none(self, context: str) -> Any:
        found = []
        self.call(
            "state",
            lambda _: {"found": [seen(found.append(self.accounts.state(context)) or found[0])]},
            context=context,
        )
        return found[0] if found else None

    def history(self) -> Call:
        context, after = self.some(), self.dice.choice((0, 0, 3, 20))

        def act(_: Call) -> dict[str, Any]:
            events = self.accounts.history(context, after=after)
            return {"found": [[event.seq, event.fields.get("mark")] for event in events]}

        return self.call("history", act, context=context, asked=after)

    def states(self) -> Call:
        return self.call("states", lambda _: {"found": [seen(state) for state in self.accounts.states()]})

    def states_of(self) -> Call:
        contexts = sorted({self.context() for _ in range(5)})
        return self.call(
            "states",
            lambda _: {"found": [seen(state) for state in self.accounts.states(contexts)]},
            asked=contexts,
        )

    def view(self) -> Call:
        """Read the groups of a view whose snapshots are stored by ``snapshots()``."""

        def act(_: Call) -> dict[str, Any]:
            with Session(self.engine) as session:
                groups = session.execute(select(self.schema.view.bucket, self.schema.view.total))
                return {"found": [list(group) for group in groups]}

        return self.call("view", act, own=False)


class FeedReader(Worker):
    """Follows the feed from its beginning, and begins anew from time to time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._life, self._after = 0, None
        self._most = self.dice.choice((1, 3, 10, 50))

    def actions(self) -> list[Callable[[], object]]:
        return [self.page]

    def page(self) -> None:
        limit = self.dice.randint(1, self._most)
        found: list[Any] = []
        self.call("feed", lambda _: found.extend(self.accounts.feed(after=self._after, limit=limit)) or {})
        self.record.page(f"{self.name}.{self._life}", limit, found)
        if found:
            self._after = found[-1].position
            return
        time.sleep(0.01)
        if self.dice.random() < 0.2:
            self._life, self._after = self._life + 1, None
            self._most = self.dice.choice((1, 3, 10, 50))
