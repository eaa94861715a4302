"""Which version of a model folded an accumulator: a hash of its policy and its fields."""

import hashlib
from collections.abc import Mapping, Sequence

from sqla_osiris.schema.field import Field
from sqla_osiris.schema.policies import SnapshotPolicy

__all__ = ["fingerprint_of", "hash_of"]


def fingerprint_of(policy: SnapshotPolicy, fields: Mapping[str, Field]) -> int:
    """The fingerprint of a model with this policy and these fields, by their columns' names."""
    lines = [type(policy).__name__]
    for name, field in sorted(fields.items()):
        upcasts = (upcast.signature(field.sql.declared) for upcast in field.upcasts)
        lines.append(" ".join([name, field.reducer.fingerprint(), field.sql.signature(), *upcasts]))
    return hash_of(lines)


def hash_of(lines: Sequence[str]) -> int:
    """Return 63 bits of a hash of these, never 0, which is a stale fingerprint."""
    digest = hashlib.blake2b("\n".join(lines).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1
