"""One model's log in DynamoDB: what each part of the store works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqla_osiris.declarative import Stream
from sqla_osiris.repositories.dynamo.items import Items
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.dynamo.tables import TableNames

__all__ = ["Log"]


@dataclass(frozen=True, slots=True)
class Log:
    """``clock`` returns the aware moment of now."""

    stream: Stream
    items: Items
    names: TableNames
    requests: Requests
    clock: Callable[[], datetime]
