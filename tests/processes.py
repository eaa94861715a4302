"""How does a test get a process of its own, without a second's imports? By forking one that has imported everything."""

import multiprocessing
import os
import runpy
import sys
import warnings
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["Ended", "processes", "run_script"]

# No module that declares a model without a base of its own: a script may declare another one of its name.
_IMPORTED = [
    "sqla_osiris",
    "sqlalchemy.ext.asyncio",
    "psycopg",
    "pymysql",
    "pymongo",
    "boto3",
    "alembic.command",
    "hypothesis.strategies",
    "tests.histories.rounds",
    "tests.subscriptions.subscription_process",
    "tests.keeping.upkeep_process",
]


def processes() -> ForkServerContext:
    """What makes them. They share nothing with this process: their server forks them, which was started anew."""
    context: ForkServerContext = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_IMPORTED, __name__])
    return context


@dataclass(frozen=True)
class Ended:
    """How a script ended, and what it printed."""

    returncode: int | None
    stdout: str
    stderr: str


def run_script(
    script: Path | str, *arguments: str, folder: Path, warnings_are_errors: bool = False, timeout: float = 300
) -> Ended:
    """Run a script, or a module by its name, to its end in that folder, as ``python SCRIPT ARGUMENTS`` does."""
    with TemporaryDirectory() as place:
        out, err = Path(place) / "out", Path(place) / "err"
        given = (script, arguments, str(folder), str(out), str(err), warnings_are_errors)
        process = processes().Process(target=_run, args=given)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
        return Ended(process.exitcode, out.read_text(), err.read_text())


def _run(
    script: Path | str,
    arguments: tuple[str, ...],
    folder: str,
    out: str,
    err: str,
    warnings_are_errors: object,
) -> None:
    os.chdir(folder)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        with Path(path).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    if warnings_are_errors:
        warnings.simplefilter("error")
    sys.argv = [str(script), *arguments]
    if isinstance(script, str):
        sys.path.insert(0, folder)
        runpy.run_module(script, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(script.parent))
        runpy.run_path(str(script), run_name="__main__")
