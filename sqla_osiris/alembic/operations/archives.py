"""``drop_archive``: a model without an archive keeps the events that were in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alembic.operations import MigrateOperation, Operations, ops
from sqlalchemy import insert, select

from sqla_osiris.alembic.operations.base import ModelOperation, run, table_with
from sqla_osiris.errors import OsirisError

__all__ = ["DropArchive"]


@dataclass
class DropArchive(ModelOperation, name="drop_archive"):
    """Move all archived events, which have these columns, back into the log, and drop the archive."""

    archive = True

    model: str
    columns: Sequence[str] = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    dropped: ops.DropTableOp | None = field(default=None, init=False, repr=False)

    def reverse(self) -> MigrateOperation:
        if self.dropped is None:
            raise OsirisError(
                f"drop_archive({self.model!r}) has no reverse of its own: write op.create_table(…) of "
                f"{self.model}_event_archive into the other direction."
            )
        return self.dropped.reverse()

    def perform(self, operations: Operations) -> None:
        log, archive = (table_with(where, *self.columns) for where in self.logs)
        run(operations, insert(log).from_select(list(self.columns), select(*archive.c)))
        operations.drop_table(archive.name, schema=self.schema)
