"""``Subscription(repository, name, handler)``: each event of a feed to a handler, and on from there after a restart."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, OperationalError

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event
from sqla_osiris.subscriptions.checkpoints import Checkpoint, NotKept, Parked, Turn, error_text
from sqla_osiris.subscriptions.hints import Hints
from sqla_osiris.subscriptions.options import refuse_options

__all__ = ["Lag", "Subscription"]

Handler = Callable[[Event, Any], object]

_MOST_PARKED: Final = 100
_LONGEST_BACKOFF: Final = 3600.0
_PAUSE: Final = 0.05
"""Seconds between two looks whether another worker's turn has ended."""
_SOON: Final = 0.05
"""Seconds until a look for what a hint announced and is not there yet; four times as many until the next one."""
_LAG_A_PAGE: Final = 1000
_RACES: Final = 10
"""How often in a row a lost race, such as a serialization failure, does not count as the event's attempt."""
_DOUBLINGS: Final = 40


@dataclass(frozen=True, slots=True)
class Lag:
    """What a subscription has not handled: how many events, ``oldest`` recorded then; not counted beyond a limit."""

    events: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How many events a turn handled, and after how many seconds the next makes sense; None: there is nothing."""

    handled: int = 0
    wait: float | None = 0.0


class Subscription:
    """A named handler of all events of a repository's model, in the order of the feed.

    ``handler(event, session)`` is called for each event at least once; exactly once in effect if it writes through
    ``session``, the transaction that saves the checkpoint on an SQL store (None elsewhere). Workers that share the
    name take turns. An event whose handler raises ``attempts`` times is parked. ``after`` is where a subscription begins
    that never ran. Times are seconds: ``backoff`` before the second attempt, doubled with each; ``lease`` that one event
    may take where there are no transactions. Without a handler it can be looked at and repaired, not run.

    Raises OsirisError for a repository without a feed, InvalidValue for the rest.
    """

    _sleep: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(  # noqa: PLR0913  (each option has a default, and none a natural companion)
        self,
        repository: Any,
        name: str,
        handler: Handler | None = None,
        *,
        after: Any = None,
        batch: int = 100,
        attempts: int = 5,
        backoff: float = 1.0,
        lease: float = 60.0,
    ) -> None:
        refuse_options(repository, name, handler, batch=batch, attempts=attempts)
        # A member of a str Enum is written in other ways by other drivers and Pythons.
        self.name: str = "".join(name)
        self._repository = repository
        self._handler = handler
        self._after = after
        self._batch = batch
        self._attempts = attempts
        self._backoff = backoff
        self._lease = lease
        self._checkpoints = repository.checkpoints()
        self._secret = bool(repository.model.__osiris__.encrypted)
        self._races = 0
        self._refuse_start()

    def _refuse_start(self) -> None:
        """Raise InvalidValue for a start that is a position of another store."""
        if self._after is not None:
            self._repository.feed(after=self._after, limit=0)

    def create(self) -> None:
        """Create what the checkpoints need in the store, where it is missing."""
        self._checkpoints.create()

    # Running

    def run_once(self) -> int:
        """Handle the next batch, if it is this worker's turn and time; how many events."""
        return self._step().handled

    def run(self) -> int:
        """Handle events until there are no more; how many. Waits for its turn, and for events to be tried again."""
        handled = 0
        while True:
            outcome = self._step()
            handled += outcome.handled
            if outcome.wait is None:
                return handled
            self._sleep(outcome.wait)

    def follow(
        self, stop: Signal, *, poll: float = 1.0, wake: Callable[[float], object] | None = None
    ) -> None:
        """Handle events until ``stop`` is set. Where there are none, look again when the store says so, or after ``poll``.

        ``wake(seconds)`` does the waiting in the store's stead: it returns when it is time to look, true after a hint.
        """
        hints = Hints(None if wake else self._repository.channel(), stop.is_set, stop.wait, poll)
        wait = wake or hints.wait
        pause = poll
        try:
            while not stop.is_set():
                if self._is_idle():
                    # What a hint announced may be behind a transaction that still runs, and whose end gives no hint.
                    pause = min(_SOON if wait(pause) else 4 * pause, poll)
                    continue
                outcome = self._step()
                if outcome.wait:
                    stop.wait(min(outcome.wait, poll))
        finally:
            hints.close()

    def _is_idle(self) -> bool:
        """Without taking the turn: a look costs no write."""
        checkpoint = self._checkpoints.read(self.name)
        return checkpoint is not None and not self._feed(self._repository, checkpoint.position, 1)

    def _step(self, most: int | None = None) -> _Outcome:
        handled: list[Event] = []
        try:
            outcome = self._handled(self._required_handler(), most, handled)
        except _Failed as failure:
            if not failure.undone:
                return _Outcome(len(handled))
            # Those before it were undone with it: they come again, without it.
            return self._step(len(handled)) if handled else self._after_failure(failure)
        except NotKept as error:
            return self._after_commit(error, handled)
        except DBAPIError as error:
            if not self._checkpoints.is_lost_race(error):
                raise
            return _Outcome(wait=_PAUSE)
        if handled:
            self._races = 0
        return outcome

    def _handled(self, handler: Handler, most: int | None, handled: list[Event]) -> _Outcome:
        """Have a turn, if it is this worker's and time; ``handled`` gets each event that was handled in it."""
        with self._checkpoints.turn(self.name, self._after, self._lease) as turn:
            if turn is None:
                return _Outcome(wait=_PAUSE)
            wait = turn.checkpoint.retry_at - turn.now()
            if wait > 0:
                return _Outcome(wait=wait)
            limit = 1 if turn.checkpoint.attempts else most or self._batch
            events = self._feed(self._inside(turn), turn.checkpoint.position, limit)
            for event in events:
                self._handle(handler, event, turn)
                handled.append(event)
            return _Outcome(len(handled), 0.0 if events else None)

    def _handle(self, handler: Handler, event: Event, turn: Turn) -> None:
        checkpoint = turn.checkpoint
        try:
            handler(event, turn.session)
            turn.settle()
        except Exception as error:
            failure = _Failed(event, before=checkpoint.position, undone=turn.session is not None)
            if not failure.undone:
                self._note(turn, event, error)
                turn.save()
            raise failure from error
        _advance(checkpoint, event)
        turn.save()

    def _after_commit(self, error: NotKept, handled: list[Event]) -> _Outcome:
        """What a turn comes to whose transaction could not be ended: a deferred constraint may be one event's fault.

        Whose shows where there is one event alone. What the server says of itself is no event's, and raised.
        """
        cause, raced = error.cause, self._checkpoints.is_locked_out(error.cause)
        of_server = isinstance(cause, OperationalError) or getattr(cause, "connection_invalidated", False)
        if not raced and (of_server or not handled):
            raise cause from None
        if not handled:
            return _Outcome(wait=_PAUSE)
        if len(handled) > 1:
            return self._step(len(handled) // 2)
        failure = _Failed(handled[0], before=error.before, undone=True)
        failure.__cause__ = cause
        return self._after_failure(failure)

    def _after_failure(self, failure: "_Failed") -> _Outcome:
        """Note it, unless it is a race that the transaction lost: that is no fault of the event's, a few times."""
        self._races += 1
        if self._races <= _RACES and self._checkpoints.is_locked_out(failure.__cause__):
            return _Outcome(wait=_PAUSE)
        self._races = 0
        try:
            # A turn of its own, the handler's having been undone: another worker may have had one in between.
            with self._checkpoints.turn(self.name, self._after, self._lease) as turn:
                if turn is not None and turn.checkpoint.position == failure.before:
                    self._note(turn, failure.event, failure.__cause__)
        except NotKept as error:
            if not self._checkpoints.is_locked_out(error.cause):
                raise error.cause from None
        return _Outcome()

    def _note(self, turn: Turn, event: Event, error: BaseException | None) -> None:
        """Have the event tried again later, or park it after its last attempt."""
        checkpoint = turn.checkpoint
        checkpoint.attempts += 1
        checkpoint.error = error_text(error, secret=self._secret)
        if checkpoint.attempts < self._attempts:
            pause = self._backoff * 2 ** min(checkpoint.attempts - 1, _DOUBLINGS)
            checkpoint.retry_at = turn.now() + min(pause, _LONGEST_BACKOFF)
            return
        if len(checkpoint.parked) >= _MOST_PARKED:
            raise OsirisError(
                f"{self._title}: {_MOST_PARKED} events are parked already, and the one at {event.position!r} failed, "
                f"too ({checkpoint.error}). Repair the handler, then retry() or skip() what is parked."
            ) from error
        checkpoint.park(
            Parked(event.position, checkpoint.position, checkpoint.error, checkpoint.attempts, turn.now())
        )
        _advance(checkpoint, event)

    # What was left behind

    def lag(self, *, limit: int = 10_000) -> Lag:
        """Return what waits to be handled, counted up to ``limit`` events. What is parked does not count."""
        position, oldest, events = self._known().position, None, 0
        while events < limit:
            page = self._feed(self._repository, position, min(_LAG_A_PAGE, limit - events))
            if not page:
                break
            oldest = oldest or page[0].recorded_at
            events += len(page)
            position = page[-1].position
        return Lag(events, oldest)

    def parked(self) -> list[Parked]:
        """The events that failed too often, oldest first."""
        return self._known().parked

    def retry(self, position: Any) -> None:
        """Handle the event that is parked at this position; what its handler raises is raised, and it stays parked."""
        handler = self._required_handler()
        with self._own_turn() as turn:
            parked = self._parked_at(turn.checkpoint, position)
            events = self._feed(self._inside(turn), parked.after, 1)
            if not events or events[0].position != position:
                raise OsirisError(
                    f"{self._title}: the event that was parked at {position!r} is no longer there; its stream was "
                    "erased. Skip it."
                )
            handler(events[0], turn.session)
            turn.settle()
            turn.checkpoint.parked.remove(parked)

    def skip(self, position: Any) -> None:
        """Forget the event that is parked at this position."""
        with self._own_turn() as turn:
            turn.checkpoint.parked.remove(self._parked_at(turn.checkpoint, position))

    @contextmanager
    def _own_turn(self) -> Iterator[Turn]:
        """Wait for the turn. Raises what keeps its transaction from ending."""
        self._known()
        while True:
            try:
                with self._checkpoints.turn(self.name, self._after, self._lease) as turn:
                    if turn is not None:
                        yield turn
                        return
            except NotKept as error:
                raise error.cause from None
            self._sleep(_PAUSE)

    def _parked_at(self, checkpoint: Checkpoint, position: Any) -> Parked:
        for parked in checkpoint.parked:
            if parked.position == position:
                return parked
        raise InvalidValue(f"{self._title}: no event is parked at {position!r}. Take a position of parked().")

    def _known(self) -> Checkpoint:
        checkpoint: Checkpoint | None = self._checkpoints.read(self.name)
        if checkpoint is None:
            known = ", ".join(map(repr, self._checkpoints.names())) or "none"
            raise OsirisError(f"{self._title} never ran. Those that did: {known}.")
        return checkpoint

    def _feed(self, repository: Any, position: Any, limit: int) -> list[Event]:
        try:
            events: list[Event] = repository.feed(after=position, limit=limit)
        except InvalidValue as error:
            raise InvalidValue(
                f"{self._title}: its checkpoint {position!r} is no position of this store. Was the log moved here from "
                "another one? Begin a subscription of another name, with after= where it shall go on."
            ) from error
        return events

    def _inside(self, turn: Turn) -> Any:
        return self._repository if turn.session is None else self._repository.within(turn.session)

    def _required_handler(self) -> Handler:
        if self._handler is None:
            raise OsirisError(f"{self._title} was opened without a handler, and can only be looked at.")
        return self._handler

    @property
    def _title(self) -> str:
        return f"subscription {self.name!r} of {self._repository.model.__name__}"


class _Failed(Exception):
    """The handler raised its cause for this event, the checkpoint being ``before``; ``undone`` with its transaction."""

    def __init__(self, event: Event, *, before: Any, undone: bool) -> None:
        super().__init__()
        self.event = event
        self.before = before
        self.undone = undone


def _advance(checkpoint: Checkpoint, event: Event) -> None:
    checkpoint.position = event.position
    checkpoint.attempts, checkpoint.retry_at, checkpoint.error = 0, 0.0, None
