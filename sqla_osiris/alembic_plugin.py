"""What Alembic loads by its entry point ``alembic.plugins``: comparators, which run where an environment asks for them.

Alembic loads it while it is itself being imported: nothing of Alembic's is complete then, so the comparators are
imported when they are called.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

__all__ = ["setup"]


def setup(plugin: "Plugin") -> None:
    """Register what compares event-sourced models with a database: before and after Alembic's own comparison."""
    from alembic.util import DispatchPriority  # noqa: PLC0415

    plugin.add_autogenerate_comparator(
        _before, "autogenerate", "sqla_osiris", priority=DispatchPriority.FIRST
    )
    plugin.add_autogenerate_comparator(_after, "autogenerate", "sqla_osiris", priority=DispatchPriority.LAST)


def _before(*args: Any) -> Any:
    from sqla_osiris.alembic.compare.models import before  # noqa: PLC0415

    return before(*args)


def _after(*args: Any) -> Any:
    from sqla_osiris.alembic.compare.models import after  # noqa: PLC0415

    return after(*args)
