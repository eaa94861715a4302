"""A repository closes what ``repository(Model, url)`` opened for it, and nothing that its caller has opened."""

import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["Closing"]


class Closing:
    """Mixed into blocking repositories: ``with repository(Model, url) as employees: ...``."""

    _close: Callable[[], object] | None = None

    def closed_by(self, close: Callable[[], object]) -> Self:
        """Have :meth:`close` call this, or else the end of the repository itself."""
        self._close = close
        weakref.finalize(self._held, close)
        return self

    @property
    def _held(self) -> object:
        """What an iterator of the repository holds, so that it outlives the repository's name."""
        return self

    def close(self) -> None:
        """Close the connections that were opened for a URL; a target that was given stays open. Safe to call twice."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
