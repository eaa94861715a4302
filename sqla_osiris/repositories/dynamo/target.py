"""What a ``dynamodb://`` URL names: a client of boto3 or aioboto3, and the prefix of the tables."""

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from sqla_osiris.errors import OsirisError

__all__ = ["AwaitedClient", "awaited_client_and_prefix", "client_and_prefix"]

_OPTIONS: Final = frozenset({"region", "table_prefix", "tls"})


def client_and_prefix(url: str) -> tuple[Any, str]:
    """A boto3 client for ``dynamodb://[key:secret@][host[:port]]/?region=…&table_prefix=…&tls=true``, and the prefix.

    Without a host it is AWS itself. Without a key the credentials are found as boto3 always finds them. Raises
    OsirisError; what the URL holds stays out of it.
    """
    region, arguments, prefix = _read(url)
    boto3: Any = importlib.import_module("boto3")
    return boto3.session.Session(region_name=region).client("dynamodb", **arguments), prefix


def awaited_client_and_prefix(url: str) -> "tuple[AwaitedClient, str]":
    """As :func:`client_and_prefix`, of aioboto3."""
    region, arguments, prefix = _read(url)
    try:
        aioboto3: Any = importlib.import_module("aioboto3")
    except ModuleNotFoundError as error:
        raise OsirisError(
            "A dynamodb:// URL is awaited through aioboto3, which is not installed: pip install aioboto3. It pins boto3."
        ) from error
    session = aioboto3.Session(region_name=region)
    return AwaitedClient(partial(session.client, "dynamodb", **arguments)), prefix


class AwaitedClient:
    """A client of aioboto3 that its first request enters: no constructor can await it."""

    meta: Final = SimpleNamespace(service_model=SimpleNamespace(service_name="dynamodb"))

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._opening = opening
        self._entered = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._client: Any = None

    def __getattr__(self, operation: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def request(**arguments: Any) -> Any:
            async with self._lock:
                if self._client is None:
                    self._client = await self._entered.enter_async_context(self._opening())
            return await getattr(self._client, operation)(**arguments)

        return request

    async def close(self) -> None:
        """Close what a request has opened. Safe to call twice."""
        await self._entered.aclose()


def _read(url: str) -> tuple[str | None, dict[str, Any], str]:
    """Return the region, the arguments of the client, and the prefix of the tables."""
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
    arguments: dict[str, Any] = {}
    if address:
        scheme = "https" if options.get("tls") == "true" else "http"
        arguments["endpoint_url"] = f"{scheme}://{address}"
    if parts.username:
        arguments["aws_access_key_id"] = unquote(parts.username)
        arguments["aws_secret_access_key"] = unquote(parts.password or "")
    return options.get("region"), arguments, options.get("table_prefix", "")
