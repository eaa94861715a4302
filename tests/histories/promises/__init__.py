"""What is promised: each function is one sentence, and gives the violations that a record and the log show."""

from tests.histories.promises import keeping, raising, reading, standing, writing
from tests.histories.promises.history import PROMISES, History

__all__ = ["PROMISES", "History", "keeping", "raising", "reading", "standing", "violations", "writing"]


def violations(history: History) -> dict[str, list[str]]:
    """By the name of the promise that was broken."""
    promises = [standing.the_log_can_be_read] if history.log.unreadable else PROMISES
    found = {each.__name__: list(each(history)) for each in promises}
    return {name: what for name, what in found.items() if what}
