"""Exchanges a model's master key, in any store."""

from collections.abc import Coroutine
from typing import Any, overload

from sqla_osiris.repositories.document_repository import AsyncDocumentRepository
from sqla_osiris.repositories.protocol import Progress, Repository
from sqla_osiris.types.encrypted import MasterKey

__all__ = ["rotate_master_key"]


@overload
def rotate_master_key(
    repository: Repository[Any], old: MasterKey | None, new: MasterKey, *, progress: Progress = None
) -> int: ...
@overload
def rotate_master_key(
    repository: AsyncDocumentRepository[Any],
    old: MasterKey | None,
    new: MasterKey,
    *,
    progress: Progress = None,
) -> Coroutine[Any, Any, int]: ...
def rotate_master_key(
    repository: Any, old: MasterKey | None, new: MasterKey, *, progress: Progress = None
) -> Any:
    """Wrap each context's key by the master key ``new``, in place of ``old``; how many. Values stay as they are.

    See :meth:`Repository.rotate_master_key`. Of an asynchronous repository the result is awaited.
    """
    return repository.rotate_master_key(old, new, progress=progress)
