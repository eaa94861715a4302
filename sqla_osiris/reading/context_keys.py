"""What does a row bring to read its encrypted values with? Each one's key, in front of it, and its context, behind it."""

from typing import Any

from sqlalchemy import Text, func, select, type_coerce

from sqla_osiris.databases.elements import PartText
from sqla_osiris.databases.literals import words
from sqla_osiris.schema.log import Log
from sqla_osiris.types.encrypted import SEPARATOR

__all__ = ["context_text", "plain_context_text", "with_key"]

_BETWEEN, _ESCAPED = "~1", ("~", "~0")
"""Between the parts of a composite context, and what stands in a part for the mark."""


def with_key(log: Log, heads: Any, name: str, state: Any) -> Any:
    """The state as it is handed over: an encrypted field's between its context's key and text, NULL where any is missing.

    ``heads`` has the context's columns.
    """
    encrypted = log.encrypted.get(name)
    if encrypted is None or log.keys is None:
        return state
    keys = log.keys.alias("context_key")
    here = log.same_context(keys, heads)
    key = select(keys.c.key).where(*here).correlate(heads).scalar_subquery()
    between = words(SEPARATOR)
    text = context_text(log.context_columns(heads))
    return type_coerce(
        key.concat(between).concat(type_coerce(state, Text)).concat(between).concat(text), encrypted
    )


def context_text(parts: list[Any]) -> Any:
    """A context as one text, which no setting of a connection changes: what a value is bound to."""
    texts = [
        func.replace(PartText(part), words(_ESCAPED[0]), words(_ESCAPED[1]), type_=Text()) for part in parts
    ]
    text: Any = texts[0]
    for part in texts[1:]:
        text = text.concat(words(_BETWEEN)).concat(part)
    return text


def plain_context_text(part: str) -> str:
    """Return what :func:`context_text` is of a context of one part."""
    return part.replace(*_ESCAPED)
