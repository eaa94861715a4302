"""What Alembic loads by its entry point ``alembic.plugins``: comparators, which run where an environment asks for them.

Alembic loads it while it is itself being imported: nothing of Alembic's is complete then, so the comparators are
imported when they are called.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

__all__ = ["setup"]


def setup(plugin: "Plugin") -> None:
    """Register what compares event-sourced models with a database: before and after Alembic's own comparison."""
    from alembic.util import DispatchPriority  # noqa: PLC0415

    for name, priority in (("before", DispatchPriority.FIRST), ("after", DispatchPriority.LAST)):
        plugin.add_autogenerate_comparator(
            partial(_compare, name), "autogenerate", "sqla_osiris", priority=priority
        )


def _compare(name: str, *args: Any) -> Any:
    from sqla_osiris.alembic.compare import models  # noqa: PLC0415

    return getattr(models, name)(*args)
