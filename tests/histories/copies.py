"""The round's last act: several processes copy the log into one empty store at once, and some are killed."""

import time
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from random import Random
from typing import Any

from sqla_osiris import OsirisError, copy
from tests.histories.grounds import Servers
from tests.histories.log import Entry, Log, as_entries
from tests.histories.outcomes import error_text, outcome_of
from tests.histories.plan import Opened, Plan, open_store
from tests.histories.record import Recorder
from tests.histories.workers import begin_process

__all__ = ["copied_at_once"]

_COPIERS = 3
_MOST_EVENTS = 6_000
_SECONDS = 60


def copied_at_once(
    servers: Servers, plan: Plan, source: Opened, log: Log, processes: ForkServerContext
) -> dict[str, list[Entry]] | None:
    """The copy's histories, after somebody has copied once more and without haste; None for a log too long to copy now."""
    if len(log.feed) > _MOST_EVENTS:
        return None
    with ExitStack() as stack:
        folder = plan.folder / "copy"
        folder.mkdir()
        url = stack.enter_context(servers.database(plan.store, folder))
        quiet = replace(plan, through=None, isolation=None, faults=frozenset())
        target = open_store(replace(quiet, url=url), Random(0))
        stack.callback(target.close)
        target.accounts.create()
        copiers = [processes.Process(target=_copy, args=(quiet, url, n)) for n in range(_COPIERS)]
        for copier in copiers:
            copier.start()
        if "kill" in plan.faults:
            time.sleep(Random(plan.seed).uniform(0.05, 0.5))
            copiers[0].kill()
        for copier in copiers:
            copier.join(_SECONDS)
        _finished(source.accounts, target.accounts)
        return {context: as_entries(target.accounts.history(context)) for context in log.histories}


def _finished(source: Any, target: Any) -> None:
    """What was broken off is finished, unless the copy refuses that: the histories tell then."""
    try:
        copy(source, target)
    except OsirisError:
        return


def _copy(plan: Plan, url: str, number: int) -> None:
    """One of the processes; what its copy raises is recorded as any call's."""
    begin_process(plan, f"copier{number}")
    source, target = (open_store(replace(plan, url=each), Random(0)).accounts for each in (plan.url, url))
    record = Recorder(plan.folder, f"copier{number}")
    call = record.begin("copy")
    try:
        copied = copy(source, target)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is recorded and judged)
        record.end(call, outcome_of(error), error=error_text(error))
    else:
        record.end(call, "done", found=copied)
