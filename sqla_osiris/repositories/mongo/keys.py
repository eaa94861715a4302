"""Keeps the keys of encrypted fields in a collection of their own: ``{_id: context, key}``, or ``{_id, erased: true}``."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from sqla_osiris.repositories.keys import Change, Context, Keys
from sqla_osiris.repositories.mongo.documents import Document, Documents
from sqla_osiris.repositories.mongo.failures import only_duplicates
from sqla_osiris.repositories.mongo.pipelines import in_parts
from sqla_osiris.steps import Pages, Steps

__all__ = ["MongoKeys"]

_CONTEXTS_A_QUERY: Final = 2_000
_KEYS_A_PAGE: Final = 1_000


class MongoKeys(Keys):
    """The keys in one database. ``heads`` tells which streams are erased."""

    def __init__(self, documents: Documents, database: Any, retry: Any, heads: Any) -> None:
        super().__init__(documents.log, retry)
        self._documents = documents
        self._heads = heads
        if documents.log.keys is not None:
            self._collection = database[documents.log.keys.fullname]

    def find(self, contexts: Sequence[Context]) -> Steps[dict[Context, str | None]]:
        found: dict[Context, str | None] = {}
        for part in in_parts(map(self._documents.context, contexts), _CONTEXTS_A_QUERY):
            here = {"_id": {"$in": part}}
            cursor = yield partial(self._collection.find, here, batch_size=len(part) + 1)
            documents: list[Document] = yield cursor.to_list
            found |= {self._documents.key(each["_id"]): each.get("key") for each in documents}
        return found

    def insert(self, keys: Mapping[Context, str]) -> Steps[bool]:
        try:
            yield from self.insert_all(keys)
        except BulkWriteError as error:
            if not only_duplicates(error):
                raise
            return False
        return True

    def insert_all(self, keys: Mapping[Context, str], **options: Any) -> Steps[None]:
        """Store new keys. Raises BulkWriteError where another writer's is in the place of one of them."""
        documents = [{"_id": self._documents.context(context), "key": key} for context, key in keys.items()]
        yield partial(self._collection.insert_many, documents, ordered=False, **options)

    def destroy(self, context: Context) -> Steps[None]:
        self.forget(context)
        here = {"_id": self._documents.context(context)}
        yield lambda: self._collection.replace_one(here, {"erased": True}, upsert=True)

    def pages(self) -> Pages[tuple[Context, str]]:
        last: list[Document] = []

        def page() -> Steps[list[tuple[Context, str]]]:
            nonlocal last
            here: Document = {"_id": {"$gt": last[-1]["_id"]}} if last else {}
            cursor = yield lambda: self._collection.find(here).sort("_id", ASCENDING).limit(_KEYS_A_PAGE)
            last = yield cursor.to_list
            return [(self._documents.key(each["_id"]), each["key"]) for each in last if "key" in each]

        yield page()
        while last:
            yield page()

    def replace(self, changes: Sequence[Change]) -> Steps[int]:
        if not changes:
            return 0
        updates = [
            UpdateOne({"_id": self._documents.context(context), "key": before}, {"$set": {"key": after}})
            for context, before, after in changes
        ]
        done = yield lambda: self._collection.bulk_write(updates, ordered=False)
        return int(done.modified_count)

    def erased(self, contexts: Sequence[Context]) -> Steps[set[Context]]:
        heads = yield from self._heads([self._documents.context(context) for context in contexts])
        return {context for context, head in zip(contexts, heads, strict=True) if head.erased}
