"""A batch that is all or nothing on a server without transactions.

The events of one context are inserted as one document, a *commit*: its first event, with the others inside. That insert
is the whole decision. Whoever meets a commit unpacks it, and may be interrupted or raced at any step: the events have
their ids and seqs already. The last event is unpacked first, so that the stream's head is never a middle one.
"""

from functools import partial
from typing import Any

from pymongo import DESCENDING
from pymongo.errors import BulkWriteError
from pymongo.write_concern import WriteConcern

from sqla_osiris.repositories.mongo.failures import only_duplicates
from sqla_osiris.repositories.mongo.pipelines import in_parts
from sqla_osiris.steps import Steps

__all__ = ["packed", "unpack", "unpack_all"]


def packed(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """One document of the events of one context, in the order of seq."""
    first, *others = documents
    return {**first, "batch": others} if others else first


def unpack(events: Any, context: Any) -> Steps[None]:
    """Make documents of the events of the context's commits."""
    where = {"context": context, "batch": {"$exists": True}}
    while True:
        commit = yield lambda: events.find_one(where, sort=[("seq", DESCENDING)])
        if commit is None:
            return
        yield from unpack_all(events, [commit])


def unpack_all(events: Any, commits: list[dict[str, Any]]) -> Steps[None]:
    """Make documents of the events of these commits, one of each context."""
    last = [commit["batch"][-1] for commit in commits]
    middle = [event for commit in commits for event in commit["batch"][:-1]]
    # Whatever a crash leaves is a beginning of this, so that one acknowledgement at the end is enough.
    yield from _inserted(events.with_options(write_concern=WriteConcern(1)), last + middle)
    for slots in in_parts([commit["_id"] for commit in commits], len(commits)):
        unpacked = {"_id": {"$in": slots}}
        yield partial(events.update_many, unpacked, {"$unset": {"batch": ""}})


def _inserted(events: Any, documents: list[dict[str, Any]]) -> Steps[None]:
    if not documents:
        return
    try:
        yield lambda: events.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if not only_duplicates(error):
            raise
        doubles = [
            failure for failure in error.details["writeErrors"] if "event_id" in failure.get("keyPattern", {})
        ]
        for double in doubles:
            # Another writer brought the event of this id in between: the seq stays, the event says nothing.
            document = {**double["op"], "fields": {}}
            del document["event_id"]
            yield from _inserted(events, [document])
