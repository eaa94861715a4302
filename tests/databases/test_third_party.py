"""Can a package of its own bring a database? Two entry points, and every part of the library works on it."""

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "cellar"


def test_a_package_brings_a_database_by_an_entry_point(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(PACKAGE), *filter(None, sys.path)])

    lived = subprocess.run(
        [sys.executable, "-W", "error", PACKAGE / "lives_on_cellar.py", f"cellar:///{tmp_path / 'wine.db'}"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )

    assert lived.returncode == 0, lived.stderr
