"""The error of a model that a store cannot keep as it promises: it names the capability, and where to look."""

from sqla_osiris.declarative import Stream
from sqla_osiris.errors import OsirisError

__all__ = ["refuse_encrypted"]


def refuse_encrypted(stream: Stream, store: str) -> None:
    """Raise OsirisError for a model with encrypted fields: their values must not be stored as they are."""
    if stream.encrypted:
        fields = ", ".join(f"{stream.model}.{stream.fields[name].key}" for name in stream.encrypted)
        raise OsirisError(
            f"{fields}: no encrypted fields (capability 'encrypted') on {store} yet. Nothing was written. Keep this log on "
            "PostgreSQL, MariaDB or SQLite, or leave the field out."
        )
