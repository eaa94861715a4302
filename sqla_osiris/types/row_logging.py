"""Hides decrypted values from SQLAlchemy's own log, which prints every row as it was read at DEBUG (``echo="debug"``)."""

import logging
from collections.abc import Callable
from typing import Any, Final

__all__ = ["HIDDEN", "hidden_from_debug"]

_ENGINES: Final = "sqlalchemy.engine.Engine"
_MARK: Final = "osiris_hides"
HIDDEN: Final = "(encrypted)"


def hidden_from_debug(opens: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function that decrypts a column's values, marked: the log of rows shows none of them.

    Each engine's logger that there is by now gets a filter. An engine with a ``logging_name`` has one of its own.
    """
    setattr(opens, _MARK, True)
    for name in [_ENGINES, *logging.root.manager.loggerDict]:
        if name == _ENGINES or name.startswith(f"{_ENGINES}."):
            logger = logging.getLogger(name)
            if _FILTER not in logger.filters:
                logger.addFilter(_FILTER)
    return opens


class _RowFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == logging.DEBUG and record.msg == "Row %r" and isinstance(record.args, tuple):
            record.args = tuple(_Shown(arg) if hasattr(arg, "row") else arg for arg in record.args)
        return True


class _Shown:
    """A row as the log may show it."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown

    def __repr__(self) -> str:
        row = self._shown.row
        # SQLAlchemy tells in private alone which function made a value of a row.
        processors = getattr(getattr(row, "_parent", None), "_processors", None)
        if processors is None:
            return HIDDEN
        hides = [getattr(processor, _MARK, False) for processor in processors]
        if not any(hides):
            return repr(self._shown)
        return repr(tuple(HIDDEN if hidden else value for hidden, value in zip(hides, row, strict=True)))


_FILTER: Final = _RowFilter()
