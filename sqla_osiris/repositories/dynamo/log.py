"""One model's log in DynamoDB: what each part of the store works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.dynamo.items import Items
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.dynamo.tables import TableNames
from sqla_osiris.schema.log import Stream

__all__ = ["Log"]


@dataclass(frozen=True, slots=True)
class Log:
    """``clock`` returns the aware moment of now."""

    stream: Stream
    items: Items
    names: TableNames
    requests: Requests
    clock: Callable[[], datetime]

    def missing(self, table: str) -> OsirisError:
        """The error of an archived event whose content is not there."""
        return OsirisError(
            f"{self.stream.model}: the table {table} lacks the content of events that are archived, or they are moved all "
            "the time. Run verify() and restore it from a backup."
        )
