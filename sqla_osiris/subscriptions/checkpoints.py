"""Where a subscription stands, whose turn it is to move it, and how both are kept in a store of documents.

A store of documents needs a compare-and-set: a worker takes the turn by writing its lease under the version that it read,
and loses it where another one has written since. What SQL does instead is in
:mod:`sqla_osiris.repositories.sql.checkpoints`.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from threading import RLock
from typing import Any, Final
from uuid import uuid4

from sqla_osiris.errors import OsirisError

__all__ = [
    "Checkpoint",
    "Checkpoints",
    "DocumentCheckpoints",
    "MemoryCheckpoints",
    "NotKept",
    "Parked",
    "Turn",
    "error_text",
    "running_from",
]

Document = dict[str, Any]

_ROOM: Final = 60_000
"""Characters of JSON, in ASCII: what is parked fits MariaDB's TEXT, and a few of its copies DynamoDB's item."""
_LONGEST_ERROR: Final = 1000
"""Characters: what makes an error's message long, as an IntegrityError's, is the statement at its end."""
_CUT: Final = " …"


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that its handler could not take; ``after`` is the position before it.

    ``error`` is cut where many are parked. ``parked_at`` is the store's time, in seconds since the epoch.
    """

    position: Any
    after: Any
    error: str
    attempts: int
    parked_at: float


@dataclass(slots=True)
class Checkpoint:
    """The position of the last event handled, what is wrong with the next one, and what was parked."""

    position: Any = None
    attempts: int = 0
    retry_at: float = 0.0
    error: str | None = None
    parked: list[Parked] = field(default_factory=list)

    def park(self, event: Parked) -> None:
        """Add it to what is parked. Where there is no room for what all the errors say, the longest are cut."""
        self.parked.append(event)
        longest = max(len(each.error) for each in self.parked)
        while longest and len(json.dumps(self.document()["parked"])) > _ROOM:
            longest //= 2
            self.parked = [replace(each, error=_shortened(each.error, longest)) for each in self.parked]

    def document(self) -> Document:
        return asdict(self)

    @classmethod
    def of(cls, document: Document) -> "Checkpoint":
        parked = [Parked(**each) for each in document["parked"]]
        named = ("position", "attempts", "retry_at", "error")
        return cls(**{name: document[name] for name in named}, parked=parked)


@dataclass(slots=True)
class Turn:
    """A worker's right to move a subscription: its checkpoint, which is saved when the turn ends without an error.

    ``now`` is the store's clock. ``session`` is the transaction that saves the checkpoint, on SQL: ``settle`` raises what
    is wrong with what a handler left in it. ``save`` saves at once, where there is no transaction.
    """

    checkpoint: Checkpoint
    now: Callable[[], float]
    session: Any = None
    settle: Callable[[], None] = lambda: None
    save: Callable[[], None] = lambda: None


class NotKept(Exception):
    """A turn's transaction could not be ended, for its ``cause``: the position is the one ``before`` it again."""

    def __init__(self, cause: Exception, before: Any) -> None:
        super().__init__()
        self.cause = cause
        self.before = before


class Checkpoints(ABC):
    """The checkpoints of one model's subscriptions in the store of its log."""

    def create(self) -> None:  # noqa: B027  (most have nothing to create: documents make their place themselves)
        """Create what they need where it is missing."""

    @abstractmethod
    def turn(self, name: str, start: Any, lease: float) -> AbstractContextManager[Turn | None]:
        """Take the turn, None while another worker has it. A subscription that never ran begins after ``start``."""

    @abstractmethod
    def read(self, name: str) -> Checkpoint | None:
        """The checkpoint as it was saved last; None where the subscription never ran."""

    @abstractmethod
    def names(self) -> list[str]:
        """The subscriptions that have a checkpoint."""

    @staticmethod
    def is_locked_out(error: BaseException | None) -> bool:  # noqa: ARG004  (a store without locks)
        """Whether somebody else had a lock of the store, or came first: the same may work later."""
        return False

    @staticmethod
    def is_lost_race(error: BaseException | None) -> bool:  # noqa: ARG004  (a store without transactions)
        """Whether the store undid the transaction for another one's sake: the same may work at once."""
        return False


class DocumentCheckpoints(Checkpoints):
    """Checkpoints in a store that has a compare-and-set of one document."""

    @abstractmethod
    def load(self, name: str) -> Document | None:
        """The document of that name, with its ``version``."""

    @abstractmethod
    def dated(self, name: str) -> tuple[Document | None, float]:
        """As :meth:`load`, and the store's time, in seconds since the epoch: workers' clocks may differ."""

    @abstractmethod
    def replace(self, name: str, document: Document, expected: int) -> bool:
        """Write it where the stored ``version`` is the expected one, 0 where none is; whether it was written."""

    def read(self, name: str) -> Checkpoint | None:
        document = self.load(name)
        return None if document is None else Checkpoint.of(document)

    @contextmanager
    def turn(self, name: str, start: Any, lease: float) -> Iterator[Turn | None]:
        found, at = self.dated(name)
        document = found or {**Checkpoint(start).document(), "version": 0, "until": 0.0}
        if document["until"] > at:
            yield None
            return
        now = running_from(at)
        turn = Turn(Checkpoint.of(document), now)
        worker, version = uuid4().hex, document["version"]

        def write(until: float) -> bool:
            nonlocal version
            lease_of_worker = {"worker": worker, "until": until, "version": version + 1}
            written = self.replace(name, turn.checkpoint.document() | lease_of_worker, version)
            version += written
            return written

        def save() -> None:
            if not write(now() + lease):
                raise OsirisError(
                    f"subscription {name!r}: another worker took the turn while this one's handler ran. An event took "
                    f"longer than the lease of {lease} seconds, and may be handled twice. Give a longer lease."
                )

        if not write(now() + lease):
            yield None
            return
        turn.save = save
        try:
            yield turn
        finally:
            # A turn that was lost is another worker's to end.
            write(0.0)


def running_from(at: float) -> Callable[[], float]:
    """A clock that shows ``at`` now, and is not put forward or back with the worker's own."""
    offset = at - time.monotonic()
    return lambda: offset + time.monotonic()


_now = running_from(time.time())


class MemoryCheckpoints(DocumentCheckpoints):
    """In the memory of this process."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._lock = RLock()

    def load(self, name: str) -> Document | None:
        return self._documents.get(name)

    def dated(self, name: str) -> tuple[Document | None, float]:
        return self.load(name), _now()

    def replace(self, name: str, document: Document, expected: int) -> bool:
        with self._lock:
            there = self._documents.get(name, {"version": 0})
            if there["version"] != expected:
                return False
            self._documents[name] = document
            return True

    def names(self) -> list[str]:
        return sorted(self._documents)


def error_text(error: BaseException | None, *, secret: bool) -> str:
    """Return what is kept of an error: its type and its message, cut to 1,000 characters; ``secret``: its type alone.

    A NUL and half of a surrogate pair, which stores refuse, are written as their escapes.
    """
    kind = type(error).__name__
    if secret:
        return f"{kind} (what it says is not kept: the model has encrypted fields)"
    try:
        message = str(error)[: _LONGEST_ERROR + 1]
    except Exception as failure:  # noqa: BLE001  (an error that cannot say anything is an error nevertheless)
        message = f"(what it says cannot be read: its str() raised {type(failure).__name__})"
    text = f"{kind}: {message}".encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return _shortened(text, _LONGEST_ERROR)


def _shortened(text: str, longest: int) -> str:
    """Return the text, cut to so many characters, with a mark where it was."""
    return text if len(text) <= longest else text[: max(longest - len(_CUT), 0)] + _CUT
