"""Reads the next page of a log while somebody works on the one before, so that both databases are busy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["read_ahead"]

PageT = TypeVar("PageT")


def read_ahead(pages: Iterator[PageT]) -> Iterator[PageT]:
    """The same pages, each read by another thread; one more of them is held in memory, if the caller lets go of its own.

    An error of reading is raised where its page would have come. Closed early, it waits for the page that is being read.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="sqla_osiris") as reader:
        following = reader.submit(next, pages, None)
        while (page := following.result()) is not None:
            following = reader.submit(next, pages, None)
            yield page
            del page  # else it would be held until the next one is there
