"""What a ``dynamodb://`` URL names: a client of boto3, and the prefix of the tables."""

import importlib
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from sqla_osiris.errors import OsirisError

__all__ = ["client_and_prefix"]

_OPTIONS: Final = frozenset({"region", "table_prefix", "tls"})


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
