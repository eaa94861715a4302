"""What error numbers mean that MariaDB has alone."""

from collections.abc import Mapping
from typing import ClassVar, Final

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.mysql_family import errors

__all__ = ["LOCK_NOT_GRANTED", "Errors"]

LOCK_NOT_GRANTED: Final = frozenset({errors.LOCK_WAITED_TOO_LONG, 1969, 1213})
"""ER_LOCK_WAIT_TIMEOUT, and ER_STATEMENT_TIMEOUT (max_statement_time), and ER_LOCK_DEADLOCK: others go first."""


class Errors(errors.Errors):
    """What its drivers' errors say."""

    own_codes: ClassVar[Mapping[int, Refusal]] = {
        1020: Refusal.LOST_RACE,  # ER_CHECKREAD (innodb_snapshot_isolation)
        4025: Refusal.CHECK_FAILED,  # ER_CONSTRAINT_FAILED
    }
    undone_after_waiting = "SELECT NOT @@in_transaction"
