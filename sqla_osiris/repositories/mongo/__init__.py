"""The log in MongoDB 6.0 or later: a collection of events whose ``_id`` is (context, seq), folded by the server.

:mod:`.documents` says how it is stored, :mod:`.collections` why no event is lost, :mod:`.feeding` how the feed is ordered.
"""

from sqla_osiris.repositories.mongo.repository import AsyncMongoRepository, MongoRepository

__all__ = ["AsyncMongoRepository", "MongoRepository"]
