"""``Merge``: the deep merge of JSON objects as a monoid of patches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers.base import Reducer

__all__ = ["Merge", "same_json"]


@dataclass(frozen=True)
class _Set:
    """A patch that puts ``value`` there whatever was there before."""

    value: Any


@dataclass(frozen=True)
class _Update:
    """A patch that makes an object of what was there and patches its keys."""

    keys: Mapping[str, "_Set | _Update | None"]


_Patch = _Set | _Update | None  # None deletes the key


class Merge(Reducer):
    """The deep merge of JSON objects by RFC 7396 (JSON Merge Patch); None deletes a key.

    Plain RFC 7396 documents do not compose: {"a": 1} then {"a": {"b": 2}} replaces whatever object stood at
    ``a``, which no single document says. The accumulator is therefore a patch that keeps *set* and *update*
    apart, for which merge is associative.
    """

    idempotent = True
    grows = True

    def identity(self) -> _Patch:
        return _Update({})

    def lift(self, touch: Mapping[str, Any]) -> _Patch:
        return _lift_patch(touch)

    def merge(self, left: _Patch, right: _Patch) -> _Patch:
        return _compose(left, right)

    def present(self, accumulator: _Patch) -> Any:
        return _apply(accumulator, {})

    def settled(self, accumulator: _Patch) -> _Patch:
        """The document alone: at the beginning of a stream there is nothing for its deletions to delete."""
        return _Set(_apply(accumulator, {}))

    def dump(self, accumulator: _Patch) -> Any:
        return _dump(accumulator)

    def load(self, document: Any) -> _Patch:
        return _load(document)

    def touch_between(self, before: Any, after: Any) -> Any:
        if not isinstance(after, Mapping):
            raise NotExpressible(f"a merged document can only become another object, not {after!r}")
        return _difference(before or {}, after)


def _lift_patch(value: Any) -> _Patch:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return _Update({key: _lift_patch(child) for key, child in value.items()})
    return _Set(value)


def _compose(left: _Patch, right: _Patch) -> _Patch:
    if not isinstance(right, _Update):
        return right
    if not isinstance(left, _Update):
        return _Set(_apply(right, left.value if left is not None else {}))
    keys = dict(left.keys)
    for key, patch in right.keys.items():
        keys[key] = _compose(keys[key], patch) if key in keys else patch
    return _Update(keys)


def _apply(patch: _Patch, document: Any) -> Any:
    if patch is None:
        return None
    if isinstance(patch, _Set):
        return patch.value
    result = dict(document) if isinstance(document, Mapping) else {}
    for key, child in patch.keys.items():
        if child is None:
            result.pop(key, None)
        else:
            result[key] = _apply(child, result.get(key))
    return result


def _dump(patch: _Patch) -> Any:
    """``[value]`` sets, ``{key: patch}`` updates, ``null`` deletes."""
    if patch is None:
        return None
    if isinstance(patch, _Set):
        return [patch.value]
    return {key: _dump(child) for key, child in patch.keys.items()}


def _load(document: Any) -> _Patch:
    if document is None:
        return None
    if isinstance(document, list):
        return _Set(document[0])
    return _Update({key: _load(child) for key, child in document.items()})


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        if value is None:
            raise NotExpressible(f"a merged document cannot hold None at {key!r}: None deletes a key")
        if key in before and same_json(before[key], value):
            continue
        patch[key] = _descend(before.get(key), value)
    return patch


def _descend(before: Any, after: Any) -> Any:
    if isinstance(after, Mapping):
        return _difference(before if isinstance(before, Mapping) else {}, after)
    return after


def same_json(left: Any, right: Any) -> bool:
    """Equality of JSON values: unlike Python's, it tells 1 from true, at every depth."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return type(left) is type(right) and bool(left == right)
