"""What every worker has, and how one of them runs in a process of its own."""

import os
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.context import BaseContext
from random import Random
from threading import Thread
from typing import Any

from tests.histories.outcomes import error_text, outcome_of
from tests.histories.plan import Opened, Plan, open_store
from tests.histories.plants import PLANTS
from tests.histories.record import Call, Place, Recorder

__all__ = ["Hours", "Worker", "begin_process", "places", "run_worker"]

HOT = ["hot0", "hot1"]
COLD = [f"cold{number}" for number in range(24)]
_SECONDS_A_GRAVE = 0.7


class Hours:
    """When a round's workers stop: known once all have begun, as a busy machine takes its time to start them."""

    def __init__(self, processes: BaseContext) -> None:
        self._begun = processes.Semaphore(0)
        self._until = processes.RawValue("d", 0.0)
        self._parent = 0

    def begin(self) -> None:
        """Say that a worker's process has begun. It ends with the one that started it, too."""
        self._parent = os.getppid()
        self._begun.release()

    def all_begin(self, workers: int, timeout: float) -> bool:
        return all(self._begun.acquire(timeout=timeout) for _ in range(workers))

    def end_in(self, seconds: float) -> None:
        self._until.value = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return float(self._until.value) - time.monotonic()

    @property
    def over(self) -> bool:
        return 0 < self._until.value < time.monotonic() or os.getppid() != self._parent


class Worker:
    """Acts until its hours are over, and records each call."""

    def __init__(self, plan: Plan, opened: Opened, name: str, hours: Hours | None = None) -> None:
        self.plan = plan
        self.hours = hours
        self.name = name
        self.dice = Random(f"{plan.seed} {name}")
        self.record = Recorder(plan.folder, name)
        self.accounts = opened.accounts
        self.engine = opened.engine
        self.schema = opened.schema
        self._marks = 0

    def actions(self) -> list[Callable[[], object]]:
        """What it does, each as often as it stands there."""
        raise NotImplementedError

    def run(self) -> None:
        chosen = self._chosen
        try:
            while chosen and self.hours is not None and not self.hours.over:
                self.dice.choice(chosen)()
        except BaseException:
            self.record.died(traceback.format_exc())
            raise

    @property
    def _chosen(self) -> list[Callable[[], object]]:
        kinds = self.plan.kinds
        return [each for each in self.actions() if kinds is None or each.__name__ in kinds]

    def call(self, kind: str, act: Callable[[Call], dict[str, Any]], **meant: Any) -> Call:
        """Make a call and record what it was told: ``act`` returns ``wrote`` and ``found``, and may set ``expected``."""
        call = self.record.begin(kind, **meant)
        try:
            answer = act(call)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is recorded and judged)
            call.outcome, answer = outcome_of(error), {"error": error_text(error)}
        else:
            call.outcome = "done"
        self.record.end(call, call.outcome, expected=call.expected, **answer)
        return call

    def context(self) -> str:
        return self.dice.choice(HOT if self.dice.random() < 0.5 else COLD)

    def grave(self) -> str:
        """A context that is about to be erased, the same for all workers at one time."""
        return f"grave{int(time.monotonic() / _SECONDS_A_GRAVE) % 1000}"

    def mark(self) -> str:
        self._marks += 1
        return f"{self.name}.{self._marks}"

    def fields(self, mark: str) -> dict[str, Any]:
        note = {"note": "secret"} if self.dice.random() < 0.5 else {}
        return {"mark": mark, "total": self.dice.randint(1, 9), "bucket": self.dice.choice("abc"), **note}


def run_worker(plan: Plan, kind: type[Worker], name: str, hours: Hours) -> None:
    """A worker's process. Its threads share one repository."""
    begin_process(plan, name)
    opened = open_store(plan, Random(f"{plan.seed} {name} opens"))
    workers = [kind(plan, opened, f"{name}-{number}", hours) for number in range(plan.threads)]
    hours.begin()
    threads = [Thread(target=worker.run) for worker in workers[1:]]
    for thread in threads:
        thread.start()
    workers[0].run()
    for thread in threads:
        thread.join()


def begin_process(plan: Plan, name: str) -> None:
    """Have it complain beside its record, and plant the plan's fault."""
    sys.stderr = (plan.folder / f"{name}.err").open("a")
    os.dup2(sys.stderr.fileno(), 2)
    if plan.plant is not None:
        PLANTS[plan.plant].plant()


def places(events: Any) -> list[Place]:
    """Where these events stand."""
    return [Place(event.context, event.seq, event.fields.get("mark")) for event in events]
