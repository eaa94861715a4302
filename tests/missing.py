"""What becomes of a test whose server cannot be had: an error where CI is set, and a counted skip elsewhere.

The hooks are pytest's, registered by conftest. One line at the end of a run names each server that is missing, with the
number of its tests.
"""

import os
from collections import Counter
from collections.abc import Generator

import pytest

from tests.servers import ServerMissing

__all__ = ["pytest_runtest_makereport", "pytest_sessionfinish"]

NEEDED, WHY = "needs a server", "which is missing"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a test as skipped that failed for want of a server."""
    report = yield
    missing = _missing(call.excinfo.value) if call.excinfo is not None else None
    if missing is not None and not os.environ.get("CI"):
        report.outcome = "skipped"
        report.longrepr = (__file__, 1, f"NOT TESTED: {missing}")  # one place, so that pytest lists them once
        report.user_properties += [(NEEDED, missing.server), (WHY, missing.why.partition("\n")[0])]
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Say what was not tested, below everything else."""
    yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = (
        [dict(report.user_properties) for report in terminal.stats.get("skipped", ())] if terminal else []
    )
    missing = {needs[NEEDED]: needs[WHY] for needs in skipped if NEEDED in needs}
    tests = Counter(needs.get(NEEDED) for needs in skipped)
    if missing:
        said = [f"{server}, {tests[server]} tests ({why})" for server, why in sorted(missing.items())]
        terminal.write_line(f"NOT TESTED: {'; '.join(said)}", yellow=True)


def _missing(error: BaseException | None) -> ServerMissing | None:
    """The first of a raised error, its causes and its parts that says so."""
    if error is None or isinstance(error, ServerMissing):
        return error
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return next((found for part in (error.__cause__, *parts) if (found := _missing(part))), None)
