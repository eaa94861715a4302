"""What an event says beside its fields: the checks of its metadata, by column."""

from typing import Any

from sqlalchemy import JSON, DateTime, String, Uuid

from sqla_osiris.types.values import Validator, validator

__all__ = ["METADATA_CHECKS"]

_as_json = validator(JSON())


def _json_object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object (a dict) was expected, {value!r} found")
    return _as_json(value)


METADATA_CHECKS: dict[str, Validator] = {
    "event_id": validator(Uuid()),
    "event_type": validator(String(255)),
    "event_meta": _json_object,
    "recorded_at": validator(DateTime(timezone=True)),
}
