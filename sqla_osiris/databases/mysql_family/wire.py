"""How touches are handed over on MySQL and MariaDB: a column's type says how to read it, in the driver's own types."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, String, Time, case, cast, func, literal_column, type_coerce

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.expressions import READERS, Reader
from sqla_osiris.databases.leaf_types import BINARIES, leaf_type
from sqla_osiris.databases.literals import number, words

__all__ = ["Wire"]


def _since_midnight(content: str) -> timedelta:
    read = time.fromisoformat(content)
    return timedelta(hours=read.hour, minutes=read.minute, seconds=read.second, microseconds=read.microsecond)


class Wire(Database):
    """A value is its quoted text."""

    readers: ClassVar[Mapping[Any, Reader]] = {**READERS, Time: _since_midnight}

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        binary = isinstance(leaf_type(value.type, self.compiler), BINARIES)
        text = func.hex(value) if binary else cast(type_coerce(value, String), String)
        # JSON_QUOTE takes text alone. NULL is a touch too.
        return func.coalesce(func.json_quote(text), words("null"))

    def gathered(self, texts: ColumnElement[str]) -> ColumnElement[Any]:
        # GROUP_CONCAT cuts off what is longer.
        length = func.sum(func.length(texts) + number(1))
        whole = func.concat(words("["), func.group_concat(texts), words("]"))
        return case(
            (func.count() == number(0), words("[]")),
            (length <= literal_column("@@group_concat_max_len"), whole),
            else_=words("null"),
        )
