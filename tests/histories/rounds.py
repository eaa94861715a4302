"""One round: workers on an empty log, faults among them, and afterwards the promises."""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from sqla_osiris import OsirisError, Subscription
from tests.histories.copies import copied_at_once
from tests.histories.grounds import Servers, port_of, through
from tests.histories.keepers import Keeper
from tests.histories.log import Log, read_log
from tests.histories.outcomes import error_text
from tests.histories.plan import ISOLATIONS, Opened, Plan, open_store
from tests.histories.promises import History, violations
from tests.histories.proxy import Proxy, proxied
from tests.histories.readers import FeedReader, StateReader
from tests.histories.record import Record, read_record
from tests.histories.subscribers import SUBSCRIPTION, Subscriber
from tests.histories.workers import COLD, HOT, Hours, Worker, run_worker
from tests.histories.writers import RepositoryWriter, SessionWriter
from tests.processes import processes

__all__ = ["Counts", "Outcome", "run_round"]

_SECONDS_TO_END = 90
_SECONDS_TO_BEGIN = 60


@dataclass
class Counts:
    """What a round, or many of them, consisted of."""

    rounds: int = 0
    events: int = 0
    acknowledged: int = 0
    raised: int = 0
    others: int = 0
    kills: int = 0
    cut: int = 0
    timeouts: int = 0
    full: int = 0
    violations: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


@dataclass
class Outcome:
    plan: Plan
    counts: Counts
    violations: dict[str, list[str]]
    errors: Counter[str] = field(default_factory=Counter)
    """How often each kind of call raised what."""


def run_round(servers: Servers, plan: Plan, seconds: float, crew: dict[str, int] | None = None) -> Outcome:
    """Run a round of that many seconds. ``plan`` says the rest; its url and times are made here."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url = stack.enter_context(servers.database(plan.store, plan.folder))
        plan, proxy = replace(plan, url=url), None
        port = port_of(url)
        if "cut" in plan.faults and port is not None:
            proxy = stack.enter_context(proxied(port, Random(f"{plan.seed} proxy")))
            plan = replace(plan, through=through(url, proxy.port))
        opened = _created(plan)
        stack.callback(opened.close)
        workers = _Crew(plan, crew or _crew(plan))
        deaths = workers.work(seconds)
        _erase_again(plan, opened)
        _follow_to_the_end(plan, opened)
        log = _log(plan, opened)
        if not log.unreadable and (plan.kinds is None or "copy" in plan.kinds):
            log.copied = copied_at_once(servers, plan, opened, log, workers.processes)
        record = read_record(plan.folder)
        record.deaths += deaths
        return _judged(plan, record, log, workers.kills, proxy)


def _created(plan: Plan) -> Opened:
    """The empty log, opened for whoever prepares and judges: without faults."""
    opened = open_store(replace(plan, through=None, isolation=None, faults=frozenset()), Random(0))
    opened.accounts.create()
    Subscription(opened.accounts, SUBSCRIPTION, print).create()
    if opened.engine is not None:
        opened.schema.ledger.metadata.create_all(opened.engine)
    return opened


def _crew(plan: Plan) -> dict[str, int]:
    sessions = {"session": 2} if plan.is_sql else {}
    return sessions | {"writer": 2 if plan.is_sql else 3, "keeper": 1, "state": 1, "feed": 1, "subscriber": 2}


class Alone(Worker):
    """Writes, keeps and reads in turns: what needs no race is found at once."""

    def __init__(self, plan: Plan, opened: Opened, name: str, hours: Hours | None = None) -> None:
        super().__init__(plan, opened, name, hours)
        kinds = (RepositoryWriter, Keeper, StateReader)
        self._parts = [kind(plan, opened, f"{name}-{kind.__name__}") for kind in kinds]

    def actions(self) -> list[Callable[[], object]]:
        return [action for part in self._parts for action in part.actions()]


_ROLES: dict[str, type[Worker]] = {
    "alone": Alone,
    "session": SessionWriter,
    "writer": RepositoryWriter,
    "keeper": Keeper,
    "state": StateReader,
    "feed": FeedReader,
    "subscriber": Subscriber,
}


class _Crew:
    """The processes of a round. Who is killed is replaced, and the new one goes on with dice of its own."""

    def __init__(self, plan: Plan, crew: dict[str, int]) -> None:
        self.kills = 0
        self.processes = processes()
        self._plan = plan
        self._hours = Hours(self.processes)
        self._dice = Random(f"{plan.seed} kills")
        self._working = {
            f"{role}{number}": self._start(role, f"{role}{number}")
            for role, most in crew.items()
            for number in range(most)
        }

    def _start(self, role: str, name: str) -> ForkServerProcess:
        process = self.processes.Process(
            target=run_worker, args=(self._plan, _ROLES[role], name, self._hours)
        )
        process.start()
        return process

    def work(self, seconds: float) -> list[str]:
        """Have them work so long; those that did not begin, or end by themselves."""
        begun = self._hours.all_begin(len(self._working), _SECONDS_TO_BEGIN)
        self._hours.end_in(seconds)
        if "kill" in self._plan.faults:
            self._kill_some()
        hung = [] if begun else ["a worker did not begin"]
        for name, process in self._working.items():
            process.join(max(0.1, self._hours.left + _SECONDS_TO_END))
            if process.exitcode is None:
                hung.append(f"{name} did not end")
                process.kill()
                process.join()
        return hung

    def _kill_some(self) -> None:
        while (left := self._hours.left) > 0.7:
            time.sleep(min(left, self._dice.uniform(0.2, 1.2)))
            name = self._dice.choice(sorted(self._working))
            process = self._working.pop(name)
            process.kill()
            process.join()
            self.kills += 1
            heir = f"{name.partition('.')[0]}.{self.kills}"
            self._working[heir] = self._start(heir.partition(".")[0].rstrip("0123456789"), heir)


def _log(plan: Plan, opened: Opened) -> Log:
    """The final log; of one that cannot be read, why."""
    try:
        contexts = _contexts(read_record(plan.folder))
        return read_log(opened, contexts, atomic=plan.is_atomic, killed=bool(plan.faults))
    except OsirisError as error:
        return Log(unreadable=error_text(error))


def _erase_again(plan: Plan, opened: Opened) -> None:
    """Go on with the erasures that were broken off, where they are no transaction: the next call does, say their pages."""
    if not plan.is_sql:
        calls = read_record(plan.folder).calls
        for context in {call.context for call in calls if call.kind == "erase" and not call.done}:
            opened.accounts.erase(context)


def _follow_to_the_end(plan: Plan, opened: Opened) -> None:
    """Have the subscription handle what is left."""
    last = Subscriber(replace(plan, seed=0), opened, "last")
    last.fails = 0.0
    last.follow_to_the_end()
    last.record.close()


def _contexts(record: Record) -> set[str]:
    """All that events may be in."""
    told = {place.context for call in record.calls for place in call.wrote}
    return {*HOT, *COLD, *told, *(call.context for call in record.calls if call.context is not None)}


def _judged(plan: Plan, record: Record, log: Log, kills: int, proxy: Proxy | None) -> Outcome:
    isolated = plan.isolation is not None and plan.isolation != ISOLATIONS[plan.store][0]
    found = violations(History(record, log, plan.faults, isolated))
    writing = [call for call in record.calls if call.together or call.maybe or call.wrote]
    counts = Counts(
        rounds=1,
        events=len(log.feed),
        acknowledged=sum(call.done for call in writing),
        raised=sum(not call.done for call in record.calls),
        others=len(record.calls) - len(writing),
        kills=kills,
        cut=proxy.struck if proxy else 0,
        timeouts=sum(call.outcome == "timeout" for call in record.calls),
        full=sum(call.outcome == "full" for call in record.calls),
        violations=sum(map(len, found.values())),
    )
    errors = Counter(f"{c.kind} {c.outcome}: {(c.error or '')[:160]}" for c in record.calls if not c.done)
    told = {"plan": {name: str(value) for name, value in vars(plan).items()}, "violations": found}
    (plan.folder / "outcome.json").write_text(json.dumps(told, indent=1))
    return Outcome(plan, counts, found, errors)


def folder_for(base: Path, plan: Plan) -> Path:
    """Where a round's record is kept."""
    return base / f"{plan.store}-{plan.seed}"
