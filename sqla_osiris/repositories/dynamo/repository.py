"""The log in DynamoDB, through boto3 or aioboto3: both have the same methods."""

import asyncio
import importlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories import document_repository
from sqla_osiris.repositories.arriving import Take
from sqla_osiris.repositories.dynamo import (
    appending,
    archiving,
    erasing,
    feeding,
    reading,
    redacting,
    scanning,
    tables,
    verifying,
)
from sqla_osiris.repositories.dynamo.checkpoints import DynamoCheckpoints
from sqla_osiris.repositories.dynamo.items import Draft
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.schema.event_context import in_context
from sqla_osiris.schema.moments import checked_after
from sqla_osiris.schema.redaction import Redaction
from sqla_osiris.steps import Pages, Run, Steps

__all__ = ["AsyncDynamoRepository", "DynamoRepository", "client_and_prefix"]

ModelT = TypeVar("ModelT")

Clock = Callable[[], datetime]
Progress = Callable[[int], object] | None

_OPTIONS: Final = frozenset({"region", "table_prefix", "tls"})


class _Store(document_repository.Store[ModelT]):
    capabilities = frozenset(
        {"expected_seq", "event_id", "feed", "archive", "erase", "time_travel", "snapshots", "redact"}
    )
    """All but ``atomic_batches``: a batch is written in transactions of 100 items."""

    def __init__(
        self, model: type[ModelT], target: Any, prefix: str, clock: Clock, sleep: Callable[[float], Any]
    ) -> None:
        self.log = tables.Tables(model, target, prefix, clock, sleep)

    def create(self) -> Steps[None]:
        return tables.create(self.log)

    def append(self, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
        return appending.append(self.log, in_context(new), expected_seq)

    def chunks(self, take: Take[NewEvent]) -> Callable[[], Steps[list[Draft]]]:
        return appending.chunks(self.log, take)

    def append_chunk(self, chunk: Sequence[Draft]) -> Steps[int]:
        return appending.append_chunk(self.log, chunk)

    def state(self, context: Any, *, at: datetime | int | None) -> Steps[ModelT | None]:
        return reading.state(self.log, self.log.context(context), at)

    def all_states(self) -> Pages[ModelT]:
        return scanning.states(self.log)

    def states_of(self, take: Take[Any]) -> Pages[ModelT]:
        return reading.states_of(self.log, take)

    def history(self, context: Any, *, after: int) -> Pages[Event]:
        yield from reading.history(self.log, self.log.context(context), checked_after(after))

    def feed(self, *, after: Any, limit: int) -> Steps[list[Event]]:
        return feeding.feed(self.log, after, limit)

    def snapshot(self, context: Any) -> Steps[int | None]:
        return reading.snapshot(self.log, self.log.context(context))

    def take_snapshots(self, progress: Progress) -> Steps[int]:
        return scanning.snapshots(self.log, progress)

    def archive_within(self, limits: ArchiveLimits, progress: Progress) -> Steps[int]:
        return archiving.archive(self.log, limits, progress)

    def restore_stream(self, context: Any, progress: Progress) -> Steps[int]:
        return archiving.restore(self.log, context, progress)

    def erase_stream(self, context: Any, *, anyway: bool) -> Steps[int]:
        return erasing.erase(self.log, context, anyway=anyway)

    def erased(self) -> Pages[Any]:
        yield erasing.erased(self.log)

    def redact_touch(self, asked: Redaction) -> Steps[Event | None]:
        return redacting.redact(self.log, asked)

    def verify(self) -> Steps[Verification]:
        return verifying.verify(self.log)

    def checkpoints(self, run: Run) -> DynamoCheckpoints:
        return DynamoCheckpoints(self.log.index, self.log.requests, run)

    def channel(self, run: Run) -> None:
        """Return None: nothing tells of new events, and subscriptions ask."""


class DynamoRepository(document_repository.DocumentRepository[ModelT]):
    """A model's log behind a boto3 DynamoDB resource or client. Threads may share it.

    ``table_prefix`` begins the names of its tables; ``clock`` returns the aware time of an event: this machine's,
    because DynamoDB's own cannot be written. Inside a context it never goes back.

    An appended event's ``position`` is None until the feed has given one: reading the feed gives positions to those without
    one. ``append_many`` writes transactions of at most 100 items. Each is all or nothing, and an error leaves those before
    it, as ``progress`` has counted; with an ``event_id`` in each event the whole can be repeated. All live ``states()``,
    ``snapshots()`` and ``erased()`` need a scan, which reads the whole log; ``verify()`` one query a context beside it.
    """

    capabilities = _Store.capabilities

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str = "",
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(model, _Store(model, target, table_prefix, clock, time.sleep))


class AsyncDynamoRepository(document_repository.AsyncDocumentRepository[ModelT]):
    """:class:`DynamoRepository` behind an entered aioboto3 resource or client: the same calls, awaited."""

    capabilities: frozenset[str] = _Store.capabilities

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str = "",
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(model, _Store(model, target, table_prefix, clock, asyncio.sleep))


def client_and_prefix(url: str) -> tuple[Any, str]:
    """A boto3 client for ``dynamodb://[key:secret@][host[:port]]/?region=…&table_prefix=…&tls=true``, and the prefix.

    Without a host it is AWS itself. Without a key the credentials are found as boto3 always finds them. Raises
    OsirisError; what the URL holds stays out of it.
    """
    try:
        parts = urlsplit(url)
        address = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        raise OsirisError("The dynamodb:// URL has a host or port that cannot be read.") from None
    options = dict(parse_qsl(parts.query))
    if not options.keys() <= _OPTIONS or parts.path not in {"", "/"}:
        raise OsirisError(
            f"A dynamodb:// URL has no path and takes the options {', '.join(sorted(_OPTIONS))} alone."
        )
    boto3: Any = importlib.import_module("boto3")
    arguments: dict[str, Any] = {}
    if address:
        scheme = "https" if options.get("tls") == "true" else "http"
        arguments["endpoint_url"] = f"{scheme}://{address}"
    if parts.username:
        arguments["aws_access_key_id"] = unquote(parts.username)
        arguments["aws_secret_access_key"] = unquote(parts.password or "")
    session = boto3.session.Session(region_name=options.get("region"))
    return session.client("dynamodb", **arguments), options.get("table_prefix", "")
