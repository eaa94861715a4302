"""How touches are handed over on SQLite: a value's storage class says how to read it; its column's type then takes it."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, Numeric, String, case, func, type_coerce
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.expressions import Reader
from sqla_osiris.databases.leaf_types import leaf_type
from sqla_osiris.databases.literals import words
from sqla_osiris.databases.sqlite.computed import computed

__all__ = ["Wire"]

_BY_CLASS: dict[str, Reader] = {
    "integer": int,
    "text": str,
    "real": float,
    "blob": bytes.fromhex,
}


class Wire(Database):
    """A value is an array of itself and its class."""

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        kind = func.typeof(value)
        plain = type_coerce(value, String)
        # 20 digits: at 17, SQLite's own arithmetic may err in the last one.
        exact = case(
            (kind == words("real"), func.printf(words("%!.20g"), plain)),
            (kind == words("blob"), func.hex(plain)),
            else_=plain,
        )
        return func.json_array(exact, kind)

    def computed(self, declared: TypeEngine[Any]) -> TypeEngine[Any]:
        return computed(declared, self.names)

    def reader(self, declared: TypeEngine[Any], dialect: Dialect) -> Reader:
        process = self.computed(declared).dialect_impl(dialect).result_processor(dialect, None)
        plain = leaf_type(declared, dialect)
        # A NUMERIC column keeps 1.0 as the integer 1.
        floats = {"integer": float} if isinstance(plain, Numeric) and not plain.asdecimal else {}
        raw_of: dict[str, Reader] = _BY_CLASS | floats

        def read(content: list[Any]) -> Any:
            raw = None if content[0] is None else raw_of[content[1]](content[0])
            return raw if process is None else process(raw)

        return read
