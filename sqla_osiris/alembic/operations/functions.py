"""The operations as functions, which generated migrations call: type checkers know them, and not names added to ``op``."""

from collections.abc import Mapping, Sequence
from typing import Any

from alembic import op
from sqlalchemy import Column

from sqla_osiris.alembic.operations.adopting import AdoptTable, Materialise
from sqla_osiris.alembic.operations.append_only import CreateAppendOnly, DropAppendOnly
from sqla_osiris.alembic.operations.archives import DropArchive
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


def create_append_only(table_name: str, *, schema: str | None = None) -> None:
    """Have the database refuse UPDATE, DELETE and TRUNCATE of a table of events, whoever asks."""
    op.invoke(CreateAppendOnly(table_name, schema=schema))


def drop_append_only(table_name: str, *, schema: str | None = None) -> None:
    """Take that back."""
    op.invoke(DropAppendOnly(table_name, schema=schema))


def create_notify(table_name: str, *, schema: str | None = None) -> None:
    """Have PostgreSQL notify who listens of events appended to a table; nothing is done on other databases."""
    op.invoke(CreateNotify(table_name, schema=schema))


def drop_notify(table_name: str, *, schema: str | None = None) -> None:
    """Take that back."""
    op.invoke(DropNotify(table_name, schema=schema))


def drop_archive(model: str, *, columns: Sequence[str], schema: str | None = None) -> None:
    """Move all archived events, which have these columns, back into the log, and drop the archive."""
    op.invoke(DropArchive(model, columns=columns, schema=schema))


def add_field(  # noqa: PLR0913  (an operation's parts; all but two are keywords)
    model: str,
    column: Column[Any],
    *,
    state: Sequence[Column[Any]],
    initial: Mapping[str, Any] | None = None,
    archive: bool = False,
    schema: str | None = None,
    fingerprint: int | None = None,
    existing_fingerprint: int | None = None,
) -> None:
    """Add a field to the log, its archive and the heads, where ``state`` are its columns and ``initial`` their identities.

    With both fingerprints, heads of the existing one stay folded.
    """
    op.invoke(
        AddField(
            model,
            column,
            state=state,
            initial=initial or {},
            archive=archive,
            schema=schema,
            fingerprint=fingerprint,
            existing_fingerprint=existing_fingerprint,
        )
    )


def drop_field(  # noqa: PLR0913
    model: str,
    column: Column[Any],
    *,
    state: Sequence[Column[Any]],
    initial: Mapping[str, Any] | None = None,
    archive: bool = False,
    schema: str | None = None,
    fingerprint: int | None = None,
    existing_fingerprint: int | None = None,
) -> None:
    """Drop a field from the log, its archive and the heads: all that was ever written to it goes, for good."""
    op.invoke(
        DropField(
            model,
            column,
            state=state,
            initial=initial or {},
            archive=archive,
            schema=schema,
            fingerprint=fingerprint,
            existing_fingerprint=existing_fingerprint,
        )
    )


def rename_field(  # noqa: PLR0913
    model: str,
    old: str,
    new: str,
    *,
    parts: Sequence[str] = (),
    archive: bool = False,
    schema: str | None = None,
    fingerprint: int | None = None,
    existing_fingerprint: int | None = None,
) -> None:
    """Rename a field in the log, its archive and the heads, where ``parts`` are names of further columns.

    ``count`` stands for ``osiris_count_<field>``. Its history and its states stay what they are.
    """
    op.invoke(
        RenameField(
            model,
            old,
            new,
            parts=parts,
            archive=archive,
            schema=schema,
            fingerprint=fingerprint,
            existing_fingerprint=existing_fingerprint,
        )
    )


def retype_field(  # noqa: PLR0913
    model: str,
    column: Column[Any],
    existing: Column[Any],
    *,
    using: str | None = None,
    existing_using: str | None = None,
    state: Sequence[Column[Any]] = (),
    existing_state: Sequence[Column[Any]] = (),
    archive: bool = False,
    schema: str | None = None,
) -> None:
    """Convert a field's values to another type, by a cast or by ``using``, an SQL expression of the old column.

    The heads are folded anew.
    """
    op.invoke(
        RetypeField(
            model,
            column,
            existing,
            using=using,
            existing_using=existing_using,
            state=state,
            existing_state=existing_state,
            archive=archive,
            schema=schema,
        )
    )


def change_reducer(
    model: str,
    state: Sequence[Column[Any]],
    existing_state: Sequence[Column[Any]],
    *,
    schema: str | None = None,
) -> None:
    """Give a field the accumulators of another reducer, and have the heads folded anew. Its events stay what they are."""
    op.invoke(ChangeReducer(model, state, existing_state, schema=schema))


def drop_stale_snapshots(
    model: str,
    columns: Sequence[str],
    *,
    fingerprint: int | None = None,
    existing_fingerprint: int | None = None,
    schema: str | None = None,
) -> None:
    """Empty these columns of the heads that the model will not use, and have them folded anew.

    Give ``fingerprint``, the model's, and all others are emptied; or ``existing_fingerprint``, that of those to empty.
    """
    op.invoke(
        DropStaleSnapshots(
            model, columns, fingerprint=fingerprint, existing_fingerprint=existing_fingerprint, schema=schema
        )
    )


def cover_log(  # noqa: PLR0913
    model: str,
    key: Sequence[str],
    *,
    include: Sequence[str],
    existing_include: Sequence[str],
    constraint_name: str,
    schema: str | None = None,
) -> None:
    """Make the log's primary key on PostgreSQL anew, with these columns in it, so that folds read the index alone."""
    op.invoke(
        CoverLog(
            model,
            key,
            include=include,
            existing_include=existing_include,
            constraint_name=constraint_name,
            schema=schema,
        )
    )


def adopt_table(  # noqa: PLR0913
    table_name: str,
    model: str,
    *,
    key: Mapping[str, str],
    fields: Mapping[str, str],
    state: Mapping[str, str] | None = None,
    initial: Mapping[str, Any] | None = None,
    fingerprint: int = 0,
    schema: str | None = None,
) -> None:
    """Write each row of a table as the first event of its stream, check it, and leave the table where it is.

    ``key`` and ``fields`` say in SQL how a context and a field are made of a row, ``state`` what a head holds of it; without
    a state heads hold ``initial`` and are folded when they are read. Raises OsirisError where a row differs from its event.
    """
    op.invoke(
        AdoptTable(
            table_name,
            model,
            key=key,
            fields=fields,
            state=state or {},
            initial=initial or {},
            fingerprint=fingerprint,
            schema=schema,
        )
    )


def materialise(  # noqa: PLR0913
    model: str,
    table_name: str,
    *,
    key: Mapping[str, str],
    columns: Mapping[str, str],
    fingerprint: int,
    schema: str | None = None,
) -> None:
    """Write the states of a model into an ordinary table: rows are changed, added, and removed where a stream has ended.

    ``key`` and ``columns`` say in SQL how a row is made of a head. Raises OsirisError where a head is not
    folded by the model of this fingerprint.
    """
    op.invoke(
        Materialise(model, table_name, key=key, columns=columns, fingerprint=fingerprint, schema=schema)
    )


def split_field(  # noqa: PLR0913
    model: str,
    column: Column[Any],
    into: Sequence[Column[Any]],
    *,
    key: Sequence[str],
    using: Mapping[str, str],
    archive: bool = False,
    schema: str | None = None,
) -> None:
    """Have several ``Latest`` fields say what one said: ``using`` is SQL of the old column for each, ``key`` the context.

    Every event keeps its place, and touches with None what comes out as NULL. The heads are folded anew.
    """
    op.invoke(SplitField(model, column, into, key=key, using=using, archive=archive, schema=schema))


def merge_fields(  # noqa: PLR0913
    model: str,
    columns: Sequence[Column[Any]],
    into: Column[Any],
    *,
    key: Sequence[str],
    using: str,
    archive: bool = False,
    schema: str | None = None,
) -> None:
    """Have one ``Latest`` field say what several said: ``using`` is SQL of their columns, as they stand after each event.

    ``key`` is the context. Every event keeps its place; one that touched none of them touches nothing. The heads are folded
    anew.
    """
    op.invoke(MergeFields(model, columns, into, key=key, using=using, archive=archive, schema=schema))
