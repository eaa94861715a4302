"""The error of a call that a store lacks: it names the capability, and where to look."""

from sqla_osiris.errors import OsirisError

__all__ = ["lacks"]


def lacks(model: type[object], store: str, capability: str) -> OsirisError:
    """``repository.capabilities`` says beforehand what this says."""
    return OsirisError(
        f"{model.__name__}: no {capability}() (capability {capability!r}) on {store} yet. Nothing was written. "
        "Keep the log on PostgreSQL, MariaDB or SQLite for it."
    )
