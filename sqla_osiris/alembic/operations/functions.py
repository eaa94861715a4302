"""The operations as functions, which generated migrations call: type checkers know them, and not names added to ``op``."""

from collections.abc import Callable
from functools import update_wrapper
from typing import ParamSpec

from alembic import op

import sqla_osiris.alembic.operations.adopting  # noqa: F401  (the effects of two)
from sqla_osiris.alembic.operations.adoption import AdoptTable, Materialise
from sqla_osiris.alembic.operations.append_only import CreateAppendOnly, DropAppendOnly
from sqla_osiris.alembic.operations.archives import DropArchive
from sqla_osiris.alembic.operations.base import LogOperation, refuse_translated
from sqla_osiris.alembic.operations.covering import CoverLog
from sqla_osiris.alembic.operations.fields import AddField, DropField, RenameField
from sqla_osiris.alembic.operations.notifying import CreateNotify, DropNotify
from sqla_osiris.alembic.operations.retyping import ChangeReducer, DropStaleSnapshots, RetypeField
from sqla_osiris.alembic.operations.splitting import MergeFields, SplitField

__all__ = [
    "add_field",
    "adopt_table",
    "change_reducer",
    "cover_log",
    "create_append_only",
    "create_notify",
    "drop_append_only",
    "drop_archive",
    "drop_field",
    "drop_notify",
    "drop_stale_snapshots",
    "materialise",
    "merge_fields",
    "rename_field",
    "retype_field",
    "split_field",
]

P = ParamSpec("P")


def performed(operation: Callable[P, LogOperation]) -> Callable[P, None]:
    """Return a function of the operation's parameters that performs it in the migration that runs."""

    def perform(*args: P.args, **kwargs: P.kwargs) -> None:
        given = operation(*args, **kwargs)
        refuse_translated(op.get_context(), given)
        op.invoke(given)

    # inspect.signature() follows __wrapped__ to the class, and help() with it.
    update_wrapper(perform, operation, assigned=["__doc__"], updated=[])
    perform.__name__ = perform.__qualname__ = operation.name  # type: ignore[attr-defined]  # a class, of any parameters
    return perform


add_field = performed(AddField)
adopt_table = performed(AdoptTable)
change_reducer = performed(ChangeReducer)
cover_log = performed(CoverLog)
create_append_only = performed(CreateAppendOnly)
create_notify = performed(CreateNotify)
drop_append_only = performed(DropAppendOnly)
drop_archive = performed(DropArchive)
drop_field = performed(DropField)
drop_notify = performed(DropNotify)
drop_stale_snapshots = performed(DropStaleSnapshots)
materialise = performed(Materialise)
merge_fields = performed(MergeFields)
rename_field = performed(RenameField)
retype_field = performed(RetypeField)
split_field = performed(SplitField)
