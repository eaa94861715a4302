"""The error of a call that a store lacks: it names the capability, and where to look."""

from sqla_osiris.declarative import Stream
from sqla_osiris.errors import FoldUnavailable, OsirisError

__all__ = ["lacks", "refuse_upcasts"]


def lacks(model: type[object], store: str, capability: str) -> OsirisError:
    """``repository.capabilities`` says beforehand what this says."""
    return OsirisError(
        f"{model.__name__}: no {capability}() (capability {capability!r}) on {store} yet. Nothing was written. "
        "Keep the log on PostgreSQL, MariaDB or SQLite for it."
    )


def refuse_upcasts(stream: Stream, store: str) -> None:
    """Raise FoldUnavailable for a model that reads events of earlier versions: the store would take them for no touch."""
    for field in stream.fields.values():
        for upcast in field.upcasts:
            raise FoldUnavailable(
                f"{stream.model}.{field.key} reads the column {upcast.name} by an upcast, which is SQL and not for {store}. "
                f"Rewrite {upcast.name} in the events there once, and use a model without upcast= for this store."
            )
