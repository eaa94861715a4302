"""Read changed columns of a log, its archive and its heads as changes of a field."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Column

from sqla_osiris.alembic.compare.places import Place, place_of, tables_of
from sqla_osiris.alembic.operations.fields import AddField, DropField, RenameField
from sqla_osiris.alembic.operations.retyping import ChangeReducer, RetypeField
from sqla_osiris.errors import DeclarationError
from sqla_osiris.schema.field import earlier_columns
from sqla_osiris.schema.fingerprints import fingerprint_of
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.schema.policies import Inline
from sqla_osiris.schema.tables import state_column

__all__ = ["FieldChanges"]

# An application's env.py shows what Alembic says.
_logger = logging.getLogger("alembic.autogenerate.sqla_osiris")

_PREFIX = "osiris_"


@dataclass
class _Table:
    """What Alembic found of one table's columns; operations of a log replace what is taken out."""

    found: ops.ModifyTableOps | None
    added: dict[str, ops.AddColumnOp] = dataclass_field(default_factory=dict)
    dropped: dict[str, ops.DropColumnOp] = dataclass_field(default_factory=dict)
    retyped: dict[str, ops.AlterColumnOp] = dataclass_field(default_factory=dict)

    def __post_init__(self) -> None:
        for operation in self.found.ops if self.found is not None else ():
            if isinstance(operation, ops.AddColumnOp):
                self.added[operation.column.name] = operation
            elif isinstance(operation, ops.DropColumnOp):
                self.dropped[operation.column_name] = operation
            elif isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
                self.retyped[operation.column_name] = operation

    def take(self, *names: str) -> None:
        """Take out what was found of these columns."""
        kinds: tuple[dict[str, Any], ...] = (self.added, self.dropped, self.retyped)
        self.take_operations([kind[name] for kind in kinds for name in names if name in kind])

    def take_operations(self, operations: Sequence[Any]) -> None:
        if self.found is not None:
            self.found.ops[:] = [o for o in self.found.ops if o not in operations]

    def old_column(self, name: str) -> Column[Any]:
        if name in self.dropped:
            return self.dropped[name].to_column()
        return Column(name, self.retyped[name].existing_type, nullable=True)


def _refuse_encrypting(log: Log, retyped: Sequence[str]) -> None:
    """Refuse to encrypt a column: a migration has no keys, and what was readable once stays so in every backup of then."""
    for name in retyped:
        if name in log.encrypted:
            key = log.fields[name].key
            raise DeclarationError(
                f"{log.model}.{key}: a field that is there cannot become encrypted by a migration. Declare an encrypted "
                f"one of another name, append the values to it, redact {key}'s, and drop {key} then."
            )


class FieldChanges:
    """The changes of one model's fields, taken out of Alembic's operations on its tables."""

    def __init__(
        self,
        context: AutogenContext,
        log: Log,
        found: Mapping[Place, ops.ModifyTableOps],
        *,
        archived: bool,
    ) -> None:
        self._context = context
        self._log = log
        self._heads, self._events, *archive = (
            _Table(found.get(place_of(context, table))) for table in (log.heads, *log.event_tables)
        )
        self._event_tables = [self._events, *archive]
        fixed = {column.name for column in log.events.c if column.name not in log.fields}
        self._added = [name for name in self._events.added if name in log.fields]
        self._dropped = [name for name in self._events.dropped if name not in fixed]
        self._retyped = [name for name in self._events.retyped if name in log.fields]
        _refuse_encrypting(log, self._retyped)
        self._read_by_upcasts = [
            name for name in earlier_columns(log.fields.values()) if name in self._heads.dropped
        ]
        self.renamed: dict[str, str] = dict(self._renames())
        self._come = [name for name in self._added if name not in self.renamed.values()]
        self._gone = [name for name in self._dropped if name not in self.renamed]
        self._model = log.folded.name
        self._common = tables_of(log)
        if archived:
            self._common["archive"] = True

    def before(self) -> list[ops.MigrateOperation]:
        """Return the changes of fields that stay or come, in an order in which each finds the one before it done."""
        steps: list[Any] = [self._rename(old, new) for old, new in self.renamed.items()]
        steps += [self._add(name) for name in self._come]
        if self._keeps():
            self._chain_fingerprints(steps)
        steps += [self._retype(name) for name in self._retyped]
        return [*steps, *self._changed_reducers(), *self._upcast()]

    def after(self) -> list[ops.MigrateOperation]:
        """Return the drops of fields that go."""
        return [self._drop(name) for name in self._gone]

    def _renames(self) -> Iterator[tuple[str, str]]:
        """Yield pairs of a field that vanished and the only one like it that appeared."""
        likes = {old: [new for new in self._added if self._alike(old, new)] for old in self._dropped}
        for old, new in likes.items():
            if len(new) == 1 and sum(new[0] in others for others in likes.values()) == 1:
                yield old, new[0]

    def _alike(self, old: str, new: str) -> bool:
        before = {_part(name, old): name for name in self._old_state(old)}
        after = {_part(name, new): name for name in self._new_state(new)}
        return (
            before.keys() == after.keys()
            and self._same_type(self._events, old, self._log.events.c[new])
            and all(
                self._same_type(self._heads, name, self._log.heads.c[after[part]])
                for part, name in before.items()
            )
        )

    def _same_type(self, table: _Table, old: str, new: Column[Any]) -> bool:
        return not self._context.migration_context.impl.compare_type(table.old_column(old), new)

    def _new_state(self, name: str) -> list[str]:
        field = self._log.fields[name]
        columns = [*field.sql.accumulators(name), state_column(name)]
        return [column for column in columns if column in self._log.heads.c]

    def _old_state(self, name: str) -> list[str]:
        """Return the head's columns that vanish with a field: its own, and those named after it but no longer name."""
        longer = [other for other in self._dropped if other != name and other.endswith(f"_{name}")]
        return [
            column
            for column in self._heads.dropped
            if column == name
            or (
                column.startswith(_PREFIX)
                and column.endswith(f"_{name}")
                and not any(column.endswith(f"_{other}") for other in longer)
            )
        ]

    def _rename(self, old: str, new: str) -> RenameField:
        before, after = self._old_state(old), self._new_state(new)
        self._take_field(old, before)
        self._take_field(new, after)
        self._take_foreign_keys(old, new)
        parts = tuple(_part(name, new) for name in after if name != new)
        return RenameField(self._model, old, new, parts=parts, **self._common).with_remark(
            f"{old} vanished and {new} of the same type appeared: its history goes on under the new name.\n"
            "If that is another field, use osiris.drop_field and osiris.add_field instead."
        )

    def _take_foreign_keys(self, *names: str) -> None:
        """Take out the foreign keys of a renamed column: they follow it."""
        found = self._heads.found.ops if self._heads.found is not None else ()
        self._heads.take_operations(
            [o for o in found if list(_local_columns(o)) in [[name] for name in names]]
        )

    def _add(self, name: str) -> AddField:
        log, state = self._log, self._new_state(name)
        self._take_field(name, state)
        forms = log.fields[name].sql.accumulators(name)
        initial = {column: form.identity for column, form in forms.items() if form.identity is not None}
        added = AddField(
            self._model,
            log.events.c[name],
            state=[log.heads.c[column] for column in state],
            initial=initial or None,
            **self._common,
        )
        field = log.fields[name]
        if field.required and field.absent is None:
            added.remark = (
                f"{log.model}.{field.key} is never None, and no stream that is there has touched it: they read None.\n"
                f"Say what they read, {field.key} = Latest(…, absent=…), or append an event with it to each of them."
            )
            _logger.warning("%s", added.remark)
        return added

    def _drop(self, name: str) -> DropField:
        state = self._old_state(name)
        dropped = DropField(
            self._model,
            self._events.old_column(name),
            state=[self._heads.old_column(column) for column in state],
            **self._common,
        )
        self._take_field(name, state)
        dropped.remark += self._instead()
        _logger.warning("%s", dropped.remark)
        return dropped

    def _instead(self) -> str:
        """Return what to use where a field's meaning goes on in those that come, which cannot be guessed."""
        if not self._come:
            return ""
        way = "osiris.merge_fields" if len(self._come) == 1 else "osiris.split_field"
        if len(self._gone) == len(self._come) == 1:
            way = "osiris.rename_field and osiris.retype_field"
        come = ", ".join(self._come)
        return f"\nIf its meaning goes on in {come}, use {way} instead of this and of osiris.add_field."

    def _retype(self, name: str) -> RetypeField:
        before, after = self._changed_state(name)
        retyped = RetypeField(
            self._model,
            self._log.events.c[name],
            self._events.old_column(name),
            state=after,
            existing_state=before,
            **self._common,
        ).with_remark(
            "Each value is cast; using='…' is another way to convert one, in terms of the old column."
        )
        for table in self._event_tables:
            table.take(name)
        return retyped

    def _changed_reducers(self) -> Iterator[ChangeReducer]:
        for name in self._log.fields:
            if name not in (*self._added, *self._retyped):
                before, after = self._changed_state(name)
                if before or after:
                    yield ChangeReducer(self._model, after, before, **tables_of(self._log))

    def _upcast(self) -> Iterator[ChangeReducer]:
        """Yield the removal of what heads hold of a field whose events another one reads now; the events stay."""
        for name in self._read_by_upcasts:
            before = [self._heads.old_column(column) for column in self._old_state(name)]
            self._heads.take(*(column.name for column in before))
            change = ChangeReducer(self._model, [], before, **tables_of(self._log))
            yield change.with_remark(f"The events of {name} stay, and are read by an upcast.")

    def _changed_state(self, name: str) -> tuple[list[Column[Any]], list[Column[Any]]]:
        """Return the head's columns of a field that stays, as they are and as they will be, where they differ."""
        heads, new = self._heads, self._new_state(name)
        retyped = [column for column in new if column in heads.retyped]
        gone = [column for column in self._old_state(name) if column not in new]
        come = [column for column in new if column in heads.added]
        before = [heads.old_column(column) for column in (*retyped, *gone)]
        heads.take(*retyped, *gone, *come)
        return before, [self._log.heads.c[column] for column in (*retyped, *come)]

    def _take_field(self, name: str, state: Sequence[str]) -> None:
        """Take out what comes or goes of a field, and of these columns of the heads."""
        for table in self._event_tables:
            table.take(name)
        self._heads.take(*state)

    def _keeps(self) -> bool:
        """Return whether existing accumulators stay right. How a field that vanished was folded is unknown."""
        log = self._log
        if self._gone or self._retyped or self._read_by_upcasts:
            return False
        kept = (log.fields[name].sql.kept_in_python() for name in self._come)
        return not (isinstance(log.policy, Inline) and any(kept))

    def _chain_fingerprints(self, steps: Sequence[Any]) -> None:
        """Give each step the fingerprint that it finds and the one that it leaves: backwards from the model's own."""
        fields: dict[str, Field] = dict(self._log.fields)
        for step in reversed(steps):
            step.fingerprint = fingerprint_of(self._log.policy, fields)
            if isinstance(step, RenameField):
                fields[step.old] = fields.pop(step.new)
            else:
                del fields[step.column.name]
            step.existing_fingerprint = fingerprint_of(self._log.policy, fields)


def _local_columns(operation: Any) -> Sequence[str]:
    """Return the columns of a foreign key that comes or goes; none for another operation."""
    if isinstance(operation, ops.CreateForeignKeyOp):
        return operation.local_cols
    if isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "foreignkey":
        return [column.name for column in operation.to_constraint().columns]  # type: ignore[attr-defined]
    return ()


def _part(column: str, field: str) -> str:
    """Return ``count`` of ``osiris_count_<field>``, and nothing of the field's own column."""
    return "" if column == field else column[len(_PREFIX) : -len(field) - 1]
