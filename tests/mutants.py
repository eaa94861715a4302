"""Runs mutmut's mutants, each in a fork of one process that has collected the tests already: see docs/mutation.md.

`mutmut run` starts pytest anew for each mutant, which costs more than the tests that kill it. The results are kept where
mutmut keeps its own, so that `mutmut results` and `mutmut show` tell them.

    python -m tests.mutants [--again] [--processes 2] [--tests FILE ...] [pattern ...]
"""

import argparse
import gc
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from mutmut.__main__ import create_mutants
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import (
    copy_also_copy_files,
    copy_src_dir,
    setup_source_paths,
    walk_mutatable_files,
)
from mutmut.utils.format_utils import get_module_from_key, mangled_name_from_mutant_name

NO_TESTS = 33
PATIENCE = 10.0
"""CPU seconds that a mutant gets beyond five times what its tests take without it: one that never ends counts as killed."""

DATABASES = {"database_url", "sqlite_database", "postgresql_url", "mariadb_url", "mongodb_url", "opens"}
"""The fixtures by which a test gets a database."""


class Mutants:
    """What is known of each mutant, in mutmut's own files."""

    def __init__(self, patterns: list[str], *, again: bool) -> None:
        self.home = Path.cwd()
        self.files = [SourceFileMutationData(path=path) for path in walk_mutatable_files()]
        self.waiting: list[tuple[SourceFileMutationData, str]] = []
        for file in self.files:
            file.load()
            wanted = [
                name
                for name, known in file.exit_code_by_key.items()
                if (again or known is None) and (not patterns or any(fnmatch(name, p) for p in patterns))
            ]
            self.waiting += [(file, name) for name in wanted]

    def keep(self, file: SourceFileMutationData, name: str, exit_code: int, seconds: float) -> None:
        file.exit_code_by_key[name] = exit_code
        file.durations_by_key[name] = seconds
        here = Path.cwd()
        os.chdir(self.home)  # its paths are relative
        file.save()
        os.chdir(here)


class Runner:
    """A pytest plugin: runs mutants in place of the collected tests."""

    def __init__(self, mutants: Mutants, processes: int) -> None:
        self.mutants = mutants
        self.processes = processes
        self.running: dict[int, tuple[SourceFileMutationData, str, int, float]] = {}
        self.killers: dict[str, Counter[str]] = defaultdict(Counter)
        self.said: Counter[str] = Counter()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if DATABASES.isdisjoint(getattr(item, "fixturenames", ()))]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        gc.collect()
        gc.freeze()  # what is there before the fork, no test's collection looks at again
        self.items = {item.nodeid: item for item in session.items}
        self.touched, self.seconds = in_a_fork(lambda: which_tests_touch_what(session.items))
        for file, name in self.mutants.waiting:
            if not self.tests_of(name):
                self.done(file, name, NO_TESTS, 0.0)
                continue
            while len(self.running) >= self.processes:
                self.reap()
            self.start(file, name)
        while self.running:
            self.reap()
        print(f"\n{dict(self.said)}")
        return True

    def tests_of(self, mutant: str) -> list[str]:
        """The tests that run into the mutated function; first what killed others of it, or of its module, and is quick."""
        function = mangled_name_from_mutant_name(mutant)
        here, around = self.killers[function], self.killers[get_module_from_key(function)]
        return sorted(
            self.touched.get(function, ()), key=lambda test: (-here[test], -around[test], self.seconds[test])
        )

    def start(self, file: SourceFileMutationData, name: str) -> None:
        tests = self.tests_of(name)
        reader, writer = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child:
            os.close(writer)
            self.running[child] = file, name, reader, time.monotonic()
            return
        limit = int(PATIENCE + 5 * sum(self.seconds[test] for test in tests))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        os.dup2(devnull, 2)
        set_mutant_under_test(name)
        for test in tests:
            if failures(self.items[test]):
                os.write(writer, test.encode())
                os._exit(1)
        os._exit(0)

    def reap(self) -> None:
        child, status = os.wait()
        file, name, reader, since = self.running.pop(child)
        with os.fdopen(reader) as told:
            killer = told.read()
        if killer:
            function = mangled_name_from_mutant_name(name)
            self.killers[function][killer] += 1
            self.killers[get_module_from_key(function)][killer] += 1
        self.done(file, name, os.waitstatus_to_exitcode(status), time.monotonic() - since)

    def done(self, file: SourceFileMutationData, name: str, exit_code: int, seconds: float) -> None:
        self.mutants.keep(file, name, exit_code, seconds)
        said = status_by_exit_code[exit_code]
        self.said[said] += 1
        if said != "killed":
            print(f"{said}: {name} ({seconds:.1f} s, {self.said.total()} done)", flush=True)


def which_tests_touch_what(items: list[pytest.Item]) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Which tests run into each function, and the seconds of each test; all of them must pass."""
    set_mutant_under_test("stats")
    touched: dict[str, list[str]] = defaultdict(list)
    seconds = {}
    for item in items:
        began = time.process_time()
        for report in failures(item):
            raise SystemExit(f"{item.nodeid} fails without a mutant\n{report.longreprtext}")
        seconds[item.nodeid] = time.process_time() - began
        for function in state()._stats:
            touched[function].append(item.nodeid)
        state()._stats.clear()
    return dict(touched), seconds


def failures(item: pytest.Item) -> list[pytest.TestReport]:
    """Run one test, its fixtures up and down with it; an error of theirs is a failure, too."""
    reports: list[pytest.TestReport] = []

    class Reader:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            reports.append(report)

    reader = Reader()
    item.config.pluginmanager.register(reader)
    item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
    item.config.pluginmanager.unregister(reader)
    return [report for report in reports if report.failed]


def in_a_fork(call: Callable[[], Any]) -> Any:
    """What a call returns, made in a process of its own: what it declares and imports is not seen by the mutants."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            with os.fdopen(writer, "w") as told:
                json.dump(call(), told)
        except BaseException as error:  # noqa: BLE001  (the fork ends here)
            print(error, file=sys.stderr)  # also a SystemExit
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        answer = told.read()
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the tests do not pass without a mutant")
    return json.loads(answer)


def counts(mutants: Mutants) -> Iterator[str]:
    for file in mutants.files:
        said = Counter(status_by_exit_code[code] for code in file.exit_code_by_key.values())
        if said:
            yield f"| `{file.path}` | {said.total()} | {said['killed'] + said['timeout']} | {dict(said)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true", help="try mutants that have a result, too")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--tests", action="append", help="a test file, for fewer of them (default: all that mutmut has)"
    )
    parser.add_argument("patterns", nargs="*", help="names of mutants, with wildcards (default: all)")
    told = parser.parse_args()

    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    create_mutants(told.processes)
    mutants = Mutants(told.patterns, again=told.again)
    print(f"{len(mutants.waiting)} mutants to try")

    set_mutant_under_test("")
    os.chdir("mutants")
    selection = told.tests or config().pytest_add_cli_args_test_selection
    code = pytest.main(
        ["-q", "--tb=short", "-s", "-n0", *config().pytest_add_cli_args, *selection],
        plugins=[Runner(mutants, told.processes)],
    )
    os.chdir(mutants.home)
    print("\n".join(counts(mutants)))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
