"""Every seam of SQLAlchemy's has a row in the census, and each row's outcome is what happens."""

import pytest

import tests.seams.rows  # noqa: F401  (puts the rows in)
from tests.seams.census import DOCS, FEATURES, ROWS, Bench, table

CHECKS = [(row, feature) for row in ROWS for feature in row.features]


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


@pytest.mark.parametrize(("row", "feature"), CHECKS, ids=[f"{row.kind}: {name}" for row, name in CHECKS])
def test_the_outcome_of_a_seam_is_what_the_census_says(bench, row, feature):
    if row.kind in FEATURES and feature not in FEATURES[row.kind]:
        return  # another version of SQLAlchemy has it
    row.check(bench, feature)


@pytest.mark.parametrize("kind", FEATURES)
def test_all_of_sqlalchemys_features_have_a_row(kind):
    listed = {feature for row in ROWS if row.kind == kind for feature in row.features}

    assert FEATURES[kind] - listed == set()


def test_no_feature_has_two_rows():
    pairs = [(row.kind, feature) for row, feature in CHECKS]

    assert len(pairs) == len(set(pairs))


def test_the_docs_have_the_census():
    assert DOCS.read_text(encoding="utf-8") == "\n".join(table()) + "\n"
