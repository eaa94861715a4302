"""How does a row bring the key that its encrypted values are read with? In front of each, out of the table of keys."""

from typing import Any

from sqlalchemy import Text, select, type_coerce

from sqla_osiris.declarative.encrypted import AFTER_KEY
from sqla_osiris.declarative.literals import words
from sqla_osiris.declarative.stream import Stream

__all__ = ["with_key"]


def with_key(stream: Stream, heads: Any, name: str, state: Any) -> Any:
    """The state as it is handed over: an encrypted field's behind its context's key, NULL where either is missing.

    ``heads`` has the context's columns.
    """
    encrypted = stream.encrypted.get(name)
    if encrypted is None or stream.keys is None:
        return state
    keys = stream.keys.alias("context_key")
    here = (keys.c[part] == heads.c[part] for part in stream.context_names)
    key = select(keys.c.key).where(*here).correlate(heads).scalar_subquery()
    return type_coerce(key.concat(words(AFTER_KEY)).concat(type_coerce(state, Text)), encrypted)
