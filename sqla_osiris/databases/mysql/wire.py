"""How touches are handed over on MySQL: in an array, which `group_concat_max_len` (1 kB by default) does not cut off."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, String, cast, func

from sqla_osiris.databases.literals import words
from sqla_osiris.databases.mysql_family import wire

__all__ = ["Wire"]


class Wire(wire.Wire):
    """A value is its quoted text: its own JSON keeps texts as they are, and rewrites numbers."""

    def gathered(self, texts: ColumnElement[str]) -> ColumnElement[Any]:
        return func.coalesce(cast(func.json_arrayagg(cast(texts, JSON)), String), words("[]"))
