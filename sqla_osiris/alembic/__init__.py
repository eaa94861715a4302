"""Migrations that know about events: what an environment and its migrations call.

An operation is a function here too: type checkers know it, and not the names that are added to ``op``.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Final, ParamSpec

from alembic import op

from sqla_osiris.alembic.columns import (
    cleared,
    event_meta,
    key,
    position,
    statement_time,
    stored,
    transaction_id,
)
from sqla_osiris.alembic.environment import in_schemas_of, metadata_of, template_directory
from sqla_osiris.alembic.operations.adoption import AdoptTable
from sqla_osiris.alembic.operations.adoption_in_place import RestoreTable
from sqla_osiris.alembic.operations.archives import DropArchive
from sqla_osiris.alembic.operations.base import LogOperation
from sqla_osiris.alembic.operations.covering import CoverLog
from sqla_osiris.alembic.operations.fields import AddField, DropField, RenameField
from sqla_osiris.alembic.operations.materialising import Materialise
from sqla_osiris.alembic.operations.retyping import ChangeReducer, DropStaleSnapshots, RetypeField
from sqla_osiris.alembic.operations.splitting import MergeFields, SplitField
from sqla_osiris.alembic.operations.triggers import CreateAppendOnly, CreateNotify, DropAppendOnly, DropNotify

__all__ = [
    "add_field",
    "adopt_table",
    "change_reducer",
    "cleared",
    "cover_log",
    "create_append_only",
    "create_notify",
    "drop_append_only",
    "drop_archive",
    "drop_field",
    "drop_notify",
    "drop_stale_snapshots",
    "event_meta",
    "in_schemas_of",
    "key",
    "materialise",
    "merge_fields",
    "metadata_of",
    "position",
    "rename_field",
    "restore_table",
    "retype_field",
    "split_field",
    "statement_time",
    "stored",
    "template_directory",
    "transaction_id",
]

P = ParamSpec("P")


def performed(operation: Callable[P, LogOperation]) -> Callable[P, None]:
    """Return a function of the operation's parameters that performs it in the migration that runs."""

    def perform(*args: P.args, **kwargs: P.kwargs) -> None:
        op.invoke(operation(*args, **kwargs))

    # inspect.signature() follows __wrapped__ to the class, and help() with it.
    update_wrapper(perform, operation, assigned=["__doc__"], updated=[])
    perform.__name__ = perform.__qualname__ = operation.name  # type: ignore[attr-defined]  # a class, of any parameters
    return perform


add_field: Final = performed(AddField)
adopt_table: Final = performed(AdoptTable)
change_reducer: Final = performed(ChangeReducer)
cover_log: Final = performed(CoverLog)
create_append_only: Final = performed(CreateAppendOnly)
create_notify: Final = performed(CreateNotify)
drop_append_only: Final = performed(DropAppendOnly)
drop_archive: Final = performed(DropArchive)
drop_field: Final = performed(DropField)
drop_notify: Final = performed(DropNotify)
drop_stale_snapshots: Final = performed(DropStaleSnapshots)
materialise: Final = performed(Materialise)
merge_fields: Final = performed(MergeFields)
rename_field: Final = performed(RenameField)
restore_table: Final = performed(RestoreTable)
retype_field: Final = performed(RetypeField)
split_field: Final = performed(SplitField)
