"""How is a context written as an argument, and in what is printed? In one spelling, which both directions share.

A key of one column is its text: ``bob``, ``7``, ``2026-03-02``. An argument that begins with ``[`` is a JSON array, of a
value for each column: ``["acme", 7]``. So a text that begins with ``[``, or has a line end, is written ``["[x]"]``. It is
the form that contexts have in exported files and in what ``--json`` prints.
"""

import json
from typing import Any, Final

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.schema.log import Log
from sqla_osiris.types.codec import json_values, plain

__all__ = ["context_of", "listed", "spelled"]

_NUMBERS: Final = frozenset({bool, int, float})
"""The kinds whose form in JSON is no text."""


def context_of(log: Log, argument: str) -> Any:
    """Return the context that an argument spells, as repositories take it. Raises OsirisError, which says how to."""
    columns = log.contexts
    try:
        if argument.startswith("["):
            parts = json.loads(argument)
        elif len(columns) == 1:
            parts = [json.loads(argument) if _is_number(columns[0].type) else argument]
        else:
            raise ValueError("it has one part")
        key = [json_values(column.type).read(part) for column, part in zip(columns, parts, strict=True)]
        return log.context_of(log.key_of(log.context_of(key)))
    except InvalidValue:
        raise
    except (ValueError, TypeError, AttributeError, ArithmeticError, LookupError, RecursionError) as error:
        names = ", ".join(log.context_names)
        example = json.dumps([f"<{name}>" for name in log.context_names])
        spelling = f"{example}, a JSON array of a value for each column"
        one = f"the text of {names}, or " if len(columns) == 1 else ""
        raise OsirisError(
            f"{argument!r} is no context of {log.model}, whose key is {names} ({error}). Write {one}{spelling}."
        ) from error


def listed(log: Log, context: Any) -> list[Any]:
    """Return the context as JSON holds it: a value for each column."""
    parts = context if len(log.contexts) > 1 else (context,)
    return [json_values(column.type).write(part) for column, part in zip(log.contexts, parts, strict=True)]


def spelled(parts: list[Any]) -> str:
    """Return the argument of a :func:`listed` context: it stands on one line, and no terminal obeys any of it."""
    if len(parts) == 1:
        text = parts[0] if isinstance(parts[0], str) else json.dumps(parts[0])
        if text and text.isprintable() and not text.startswith(("[", "-")) and text == text.strip():
            return text
    return json.dumps(parts, ensure_ascii=not all(isinstance(p, str) and p.isprintable() for p in parts))


def _is_number(declared: Any) -> bool:
    return plain(declared).kind in _NUMBERS
