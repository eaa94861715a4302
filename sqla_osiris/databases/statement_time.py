"""The clock when the statement began: the default of ``recorded_at``."""

from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

__all__ = ["StatementTime"]


class StatementTime(FunctionElement[Any]):
    """A COPY that leaves the column out begins with all its heads locked.

    So time does not go back while seq goes on, as it could with the transaction's start.
    """

    inherit_cache = True

    def __init__(self, type_: TypeEngine[Any]) -> None:
        super().__init__()
        self.type = type_


@compiles(StatementTime)
def _current_timestamp(_element: Any, compiler: Any, **kw: Any) -> str:
    return compiler.process(func.now(), **kw)  # type: ignore[no-any-return]
