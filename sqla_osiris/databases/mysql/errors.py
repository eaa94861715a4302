"""What error numbers mean that MySQL has alone."""

from collections.abc import Mapping
from typing import ClassVar

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.mysql_family import errors

__all__ = ["Errors"]


class Errors(errors.Errors):
    """What its drivers' errors say."""

    own_codes: ClassVar[Mapping[int, Refusal]] = {
        3819: Refusal.CHECK_FAILED,  # ER_CHECK_CONSTRAINT_VIOLATED
        3572: Refusal.LOCKED,  # ER_LOCK_NOWAIT: it was not waited for, and the statement alone is undone
    }
    undone_after_waiting = "SELECT @@innodb_rollback_on_timeout"
