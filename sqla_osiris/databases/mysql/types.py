"""The forms that column types take on MySQL alone: JSON as text, as its own type rewrites numbers.

A CHECK has a name that is one of its kind in a schema. The server makes it of the table's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Boolean, Column, Enum, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.leaf_types import BINARIES, leaf_type
from sqla_osiris.databases.mysql_family import types

__all__ = ["Types"]


class JSONText(JSON):
    """JSON on MySQL: a text, checked where a column is made. On a MariaDB that goes by MySQL's name, JSON is one."""

    cache_ok = True


@compiles(JSONText)
def _json_as_text(_type: JSONText, compiler: Any, *, type_expression: Any = None, **_: Any) -> str:
    if compiler.dialect.is_mariadb:
        return "JSON"
    text = f"LONGTEXT CHARACTER SET utf8mb4 COLLATE {types.collation(compiler.dialect)}"
    if not isinstance(type_expression, Column):
        return text
    quote = compiler.dialect.identifier_preparer.quote
    return f"{text}{_name(type_expression, quote)} CHECK (JSON_VALID({quote(type_expression.name)}))"


def _name(column: Column[Any], quote: Any) -> str:
    """Return the name of a column's CHECK, where the one that the server makes of the table's would be too long."""
    table = getattr(getattr(column, "table", None), "name", "")
    if len(f"{table}{_NUMBERED}") <= _LONGEST:
        return ""
    return f" CONSTRAINT {quote(shortened(f'ck_{table}_{column.name}'))}"


_LONGEST: Final = 64
_NUMBERED: Final = "_chk_99"


class Types(types.Types):
    """The forms that types take."""

    document_type: ClassVar[type[JSON] | None] = JSONText
    rewrites_documents = True
    json_levels: ClassVar[int | None] = 100
    json_digits: ClassVar[int | None] = 308  # what a double holds
    table_options: ClassVar[Mapping[str, str]] = {"mysql_engine": "InnoDB"}

    def own_form(self, declared: TypeEngine[Any], *, key: bool) -> TypeEngine[Any] | None:
        # Each of a model's tables has a column of this type, and a CHECK.
        if isinstance(declared, Enum | Boolean) and declared.create_constraint and declared.name:
            return declared.adapt(type(declared), name=None)
        return super().own_form(declared, key=key)

    def index_options(self, columns: Sequence[Column[Any]]) -> Mapping[str, Any]:
        lengths = {each.name: types.KEY_LENGTH for each in columns if _is_unlimited(each, self.compiler)}
        return {"mysql_length": lengths} if lengths else {}


def _is_unlimited(column: Column[Any], dialect: Any) -> bool:
    """Whether the column is one of those that an index takes the beginning of alone."""
    form: Any = leaf_type(column.type, dialect)
    return isinstance(form, (String, *BINARIES)) and not isinstance(form, Enum) and form.length is None
