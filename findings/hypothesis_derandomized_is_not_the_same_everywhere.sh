#!/usr/bin/env bash
# Hypothesis 6.170.15, Python 3.11 or newer.
#
# Guessed: with derandomize=True "every run will test the same set of test cases until you update Hypothesis, Python, or the
# test function", as its documentation says.
# Seen: Hypothesis also draws constants that it finds in the source of the modules that are imported from the project's folder.
# Once another module is imported that the test does not use, the same test draws other examples, that module's numbers among
# them. So a derandomized test that passes by itself may fail in the whole suite, or where a parallel runner sends
# it to another process; and a module that is added may change what tests of other modules try.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hypothesis==6.170.15

mkdir "$folder/project"
cd "$folder/project"
cat > totals.py <<'PYTHON'
from hypothesis import given, settings
from hypothesis import strategies as st

drawn = []


@settings(derandomize=True, database=None, max_examples=200)
@given(st.integers())
def test_a_total_is_a_number(total):
    drawn.append(total)
PYTHON
echo 'ARTICLES = [77_341_019, 77_341_020, 77_341_021, 77_341_022, 77_341_023]' > articles.py
cat > run.py <<'PYTHON'
import importlib
import json
import sys

import totals

for other in sys.argv[1:]:
    importlib.import_module(other)
totals.test_a_total_is_a_number()
print(json.dumps(totals.drawn))
PYTHON
"$folder/venv/bin/python" run.py > alone.json
"$folder/venv/bin/python" run.py > again.json
"$folder/venv/bin/python" run.py articles > beside.json

"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import json
import sys
from pathlib import Path

alone, again, beside = (json.loads(Path(f"{name}.json").read_text()) for name in ("alone", "again", "beside"))
foreign = sorted({number for number in beside if 77_341_019 <= number <= 77_341_023})
print(f"Hypothesis {importlib.metadata.version('hypothesis')}, derandomize=True, 200 examples of one test:")
print(f"  a second run draws the same: {alone == again}")
print(f"  once another module is imported, the same: {alone == beside}; numbers of that module: {foreign}")
if alone != again:
    sys.exit("CHANGED: two runs of the same modules differ")
if alone == beside or not foreign:
    sys.exit("CHANGED: other modules do not matter")
PYTHON
