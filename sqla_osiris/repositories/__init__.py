"""One model's log in one store: the interface, and a module for each store."""

from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql import SQLRepository
from sqla_osiris.repositories.targets import repository

__all__ = ["MemoryRepository", "Repository", "SQLRepository", "repository"]
