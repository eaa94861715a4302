"""The forms that column types take on MySQL alone: JSON as text, as its own type rewrites numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Enum, String
from sqlalchemy.ext.compiler import compiles

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
    return f"{text} CHECK (JSON_VALID({compiler.dialect.identifier_preparer.quote(type_expression.name)}))"


class Types(types.Types):
    """The forms that types take."""

    document_type: ClassVar[type[JSON] | None] = JSONText
    rewrites_documents = True
    json_levels: ClassVar[int | None] = 100
    table_options: ClassVar[Mapping[str, str]] = {"mysql_engine": "InnoDB"}

    def index_options(self, columns: Sequence[Column[Any]]) -> Mapping[str, Any]:
        lengths = {each.name: types.KEY_LENGTH for each in columns if _is_unlimited(each, self.compiler)}
        return {"mysql_length": lengths} if lengths else {}


def _is_unlimited(column: Column[Any], dialect: Any) -> bool:
    """Whether the column is one of those that an index takes the beginning of alone."""
    form: Any = leaf_type(column.type, dialect)
    return isinstance(form, (String, *BINARIES)) and not isinstance(form, Enum) and form.length is None
