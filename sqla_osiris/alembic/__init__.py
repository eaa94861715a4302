"""Migrations that know about events."""

from sqla_osiris.alembic.columns import cleared, key, position, statement_time, stored, transaction_id
from sqla_osiris.alembic.environment import in_schemas_of, metadata_of, template_directory
from sqla_osiris.alembic.functions import (
    add_field,
    adopt_table,
    change_reducer,
    cover_log,
    create_append_only,
    drop_append_only,
    drop_archive,
    drop_field,
    drop_stale_snapshots,
    materialise,
    merge_fields,
    rename_field,
    retype_field,
    split_field,
)

__all__ = [
    "add_field",
    "adopt_table",
    "change_reducer",
    "cleared",
    "cover_log",
    "create_append_only",
    "drop_append_only",
    "drop_archive",
    "drop_field",
    "drop_stale_snapshots",
    "in_schemas_of",
    "key",
    "materialise",
    "merge_fields",
    "metadata_of",
    "position",
    "rename_field",
    "retype_field",
    "split_field",
    "statement_time",
    "stored",
    "template_directory",
    "transaction_id",
]
