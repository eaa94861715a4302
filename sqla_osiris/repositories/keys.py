"""The keys of a model's contexts in a store of documents: made before the first value that needs one, deleted by ``erase``.

Whoever writes remembers the keys of its contexts for a minute: they do not change, unless somebody restores older ones.
Whoever reads asks for them each time, so that nothing is read whose key is gone. An erasure puts a mark in the key's
place once the tombstone is laid: a writer who had seen the stream before it can store no key there any more.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.fold import Folded
from sqla_osiris.records import Event
from sqla_osiris.repositories.protocol import Report
from sqla_osiris.repositories.remembering import Remembered
from sqla_osiris.schema.checks import context_erased
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.sealing import is_sealed, opened_event, opened_fold, rewrapping, type_of_keys
from sqla_osiris.steps import Pages, Steps
from sqla_osiris.types.codec import json_values
from sqla_osiris.types.encrypted import ContextKey, MasterKey, Unsealed

__all__ = ["Change", "Context", "Keys", "sealed_content"]

_REMEMBERED_FOR: Final = 60.0
"""Seconds."""

Context = tuple[Any, ...]
"""A context's column values."""

Change = tuple[Context, str, str]
"""A context, its key as it was stored, and as it is to be stored."""


def sealed_content(content: dict[str, Any], key: ContextKey | None, seq: int) -> dict[str, Any]:
    """Return the content as the event of that seq stores it; itself where it needs no key."""
    if key is None:
        return content
    touches = content["fields"].items()
    sealed = {name: str(t.sealed(key, seq)) if type(t) is Unsealed else t for name, t in touches}
    return {**content, "fields": sealed}


class Keys(ABC):
    """One model's keys in one store. ``retry`` tries again what another writer was in the way of."""

    def __init__(self, log: Log, retry: Any) -> None:
        self.log = log
        self._retry = retry
        self._written_with = Remembered[Context, tuple[ContextKey, float]]()

    @abstractmethod
    def find(self, contexts: Sequence[Context]) -> Steps[dict[Context, str | None]]:
        """The keys of these contexts as they are stored: None where the key was destroyed, nothing where none was made."""

    @abstractmethod
    def insert(self, keys: Mapping[Context, str]) -> Steps[bool]:
        """Store new keys; False where another writer's, or a mark, is in the place of one of them."""

    @abstractmethod
    def destroy(self, context: Context) -> Steps[None]:
        """Put the mark in the place of the context's key, whether there is one or not."""

    @abstractmethod
    def pages(self) -> Pages[tuple[Context, str]]:
        """All keys as they are stored."""

    @abstractmethod
    def replace(self, changes: Sequence[Change]) -> Steps[int]:
        """Replace the keys that are still as they were stored; how many."""

    @abstractmethod
    def erased(self, contexts: Sequence[Context]) -> Steps[set[Context]]:
        """Those of these contexts whose streams are erased."""

    # Writing

    def drawn(self, drafts: Iterable[Any]) -> Steps[tuple[dict[Context, ContextKey], dict[Context, str]]]:
        """The keys of these drafts' contexts, as far as they need one; and the new ones, as they are to be stored.

        Raises ContextErased.
        """
        if not self.log.encrypted:
            return {}, {}
        needing = dict.fromkeys(draft.key for draft in drafts if _needs_key(draft.content))
        keys = {context: self._remembered(context) for context in needing}
        asked = [context for context, key in keys.items() if key is None]
        stored = (yield from self.find(asked)) if asked else {}
        new = {context: self._new(context) for context in asked if context not in stored}
        for context, key in (stored | new).items():
            if key is None:
                raise context_erased(self.log, self.log.context_of(context))
            keys[context] = self._unwrapped(context, key)
        return {context: key for context, key in keys.items() if key is not None}, new

    def stored(self, drafts: Sequence[Any]) -> Steps[dict[Context, ContextKey]]:
        """As :meth:`drawn`, the new ones stored. Of two writers that make a key at once, both get the first one's."""

        def attempt(_: int) -> Steps[dict[Context, ContextKey] | None]:
            keys, new = yield from self.drawn(drafts)
            if new and not (yield from self.insert(new)):
                return None
            self.remember(keys)
            return keys

        keys = yield from self._retry(attempt)
        if keys is None:
            raise OsirisError(
                f"{self.log.model}: the keys of encrypted fields were always made by other writers first, and not seen "
                "then. Nothing was written. Append later."
            )
        found: dict[Context, ContextKey] = keys
        return found

    def remember(self, keys: Mapping[Context, ContextKey]) -> None:
        """Have these contexts' keys asked for no more by who writes."""
        until = time.monotonic() + _REMEMBERED_FOR
        for context, key in keys.items():
            if self._remembered(context) is None:
                self._written_with.put(context, (key, until))

    def _remembered(self, context: Context) -> ContextKey | None:
        key, until = self._written_with.get(context) or (None, 0.0)
        return key if time.monotonic() < until else None

    def forget(self, context: Context) -> None:
        self._written_with.forget(context)

    # Reading

    def opened(self, events: list[Event]) -> Steps[list[Event]]:
        """The events with their values. One whose key is gone loses the field, as one that was redacted does."""
        if not self.log.encrypted:
            return events
        sealed = {
            place: self.log.key_of(event.context)
            for place, event in enumerate(events)
            if any(map(is_sealed, event.fields.values()))
        }
        keys = yield from self._keys_of(sealed.values())
        return [
            opened_event(self.log, event, keys.get(sealed[place])) if place in sealed else event
            for place, event in enumerate(events)
        ]

    def opened_pages(self, pages: Pages[Event]) -> Pages[Event]:
        """The pages with their events' values."""

        def opened(page: Steps[list[Event]]) -> Steps[list[Event]]:
            return (yield from self.opened((yield from page)))

        return (opened(page) for page in pages)

    def opened_folds(self, folds: Mapping[Context, Folded]) -> Steps[Mapping[Context, Folded]]:
        """The folds with their values, without those of streams that were erased while they were read."""
        if not self.log.encrypted:
            return folds
        names = [self.log.fields[name].key for name in self.log.encrypted]
        sealed = [
            context
            for context, folded in folds.items()
            if any(is_sealed(folded.accumulators[name]) for name in names)
        ]
        keys = yield from self._keys_of(sealed)
        lost = [context for context in sealed if context not in keys]
        erased = (yield from self.erased(lost)) if lost else set()
        return {
            context: opened_fold(self.log, folded, keys.get(context))
            for context, folded in folds.items()
            if context not in erased
        }

    def _keys_of(self, contexts: Iterable[Context]) -> Steps[dict[Context, ContextKey]]:
        asked = list(dict.fromkeys(contexts))
        if not asked:
            return {}
        stored = yield from self.find(asked)
        for context in asked:
            if stored.get(context) is None:
                self.forget(context)
        return {context: self._unwrapped(context, key) for context, key in stored.items() if key is not None}

    # The master key

    def rotate(self, old: MasterKey | None, new: MasterKey, report: Report) -> Steps[int]:
        """Wrap every key by the new master key, where it is not; how many."""
        if not self.log.encrypted:
            return 0
        exchange, done = rewrapping(self.log, old, new), 0
        for page in self.pages():
            found = yield from page
            wrapped = [(context, key, exchange.wrapped(key, self._text(context))) for context, key in found]
            changes = [(context, key, after) for context, key, after in wrapped if after is not None]
            done += yield from self.replace(changes)
            report(done)
        return done

    def _new(self, context: Context) -> str:
        return type_of_keys(self.log).new_key(self._text(context))

    def _unwrapped(self, context: Context, key: str) -> ContextKey:
        return type_of_keys(self.log).unwrapped(key, self._text(context))

    def _text(self, context: Context) -> str:
        """What the context's key and values are bound to: no other context has the same."""
        parts = [write(part) for write, part in zip(self._writers, context, strict=True)]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def _writers(self) -> list[Callable[[Any], Any]]:
        return [json_values(column.type).write for column in self.log.contexts]


def _needs_key(content: Mapping[str, Any]) -> bool:
    return any(type(touch) is Unsealed for touch in content["fields"].values())
