"""What is promised of errors."""

from tests.histories.promises.history import History, Violations, described, promise
from tests.histories.record import Call


@promise
def only_what_may_be_raised_was(history: History) -> Violations:
    """A call raises what its page in the docs says: its own refusals, and what a fault does to a connection."""
    for call in history.calls:
        if not (call.done or call.open or call.outcome in _allowed(history, call)):
            yield f"{described(call)}"


def _allowed(history: History, call: Call) -> set[str]:
    allowed = {"undone", "erased"}
    if call.kind in {"expect", "change", "change_many", "delete"}:
        allowed.add("conflict")
    if call.kind in {"redact", "end"}:
        allowed.add("refused")
    if call.kind in {"copy", "follow"}:  # refused by what else is copied, or a lease that was too short
        allowed.add("told")
    if "timeout" in history.faults:
        allowed.add("timeout")
    if "full" in history.faults:
        allowed.add("full")
    if not call.own or history.isolated:
        # A session's transaction is its own: what the server refuses of it, nobody else can begin anew.
        allowed |= {"conflict", "race", "timeout"}
    return allowed


@promise
def no_worker_died(history: History) -> Violations:
    """A worker ends when its time is over."""
    yield from history.record.deaths
