"""The forms that column types take on MySQL alone: JSON as text, as its own type rewrites numbers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlalchemy.ext.compiler import compiles

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
