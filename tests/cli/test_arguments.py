"""A context and a moment are read from one argument; what is printed of a context is the argument that means it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqla_osiris.cli.contexts import context_of, listed, spelled
from sqla_osiris.cli.moments import moment_of, time_of
from sqla_osiris.cli.settings import settings_of
from sqla_osiris.cli.values import as_text
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import log_of
from tests.cli.clinic import Doctor, Patient, Ward

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NUMBERS = st.integers(-(2**31), 2**31 - 1)


@given(
    st.one_of(
        st.tuples(st.just(Doctor), TEXTS),
        st.tuples(st.just(Patient), NUMBERS),
        st.tuples(st.just(Ward), st.tuples(TEXTS, NUMBERS)),
    )
)
def test_a_context_that_is_printed_is_the_argument_that_means_it(case):
    model, context = case
    printed = spelled(listed(log_of(model), context))
    assert printed.isprintable()
    assert context_of(log_of(model), printed) == context


@pytest.mark.parametrize("written", ["a/b", "it's", 'say "hi"', "a b", "ä€", "7", "null", "{}"])
def test_a_key_that_is_a_text_is_written_as_it_is(written):
    assert context_of(log_of(Doctor), written) == written
    assert spelled([written]) == written


@pytest.mark.parametrize(
    ("model", "written", "why"),
    [
        (Ward, "north", "it has one part"),
        (Ward, '["north"]', "shorter"),
        (Ward, '["north", "second"]', "second"),
        (Patient, "bob", "Expecting value"),
        (Patient, "1.5", "1.5"),
        (Doctor, '["jo"', "Expecting"),
        (Doctor, '["jo", 1]', "longer"),
        (Doctor, "x" * 201, "200"),
    ],
)
def test_what_is_no_context_is_refused_with_how_it_is_written(model, written, why):
    with pytest.raises(OsirisError, match=model.__name__) as refused:
        context_of(log_of(model), written)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("written", "moment"),
    {
        "3": 3,
        "2026-03-02": datetime(2026, 3, 2, tzinfo=UTC),
        "2026-03-02T10:00+01:00": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "2026-03-02T09:00Z": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "90m": NOW - timedelta(minutes=90),
        "2w": NOW - timedelta(weeks=2),
    }.items(),
)
def test_a_moment_is_a_seq_a_time_or_how_long_ago(written, moment):
    assert moment_of(written, NOW) == moment


@pytest.mark.parametrize("written", ["", "monday", "-3", "3.5", "999999999w", "2026-13-01", "1e3"])
def test_what_is_no_moment_is_refused_with_how_it_is_written(written):
    with pytest.raises(OsirisError, match=r"is no moment\. Write a seq"):
        moment_of(written, NOW)
    with pytest.raises(OsirisError, match=r"is no moment\. Write a date"):
        time_of(written, NOW)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Hooly", "Hooly"),
        ("null", '"null"'),
        ("7", '"7"'),
        ("", '""'),
        (" x", '" x"'),
        ("[x", '"[x"'),
        ("a\nb", '"a\\nb"'),
        ("\x1b[31mred", '"\\u001b[31mred"'),
        ("\u202egnp", '"\\u202egnp"'),
        (None, "null"),
        (7, "7"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_a_value_is_printed_on_one_line_and_is_taken_for_nothing_else(value, text):
    assert as_text(value) == text


# Settings


def test_the_nearest_folder_with_settings_counts_and_options_before_it(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.sqla_osiris]\nmodels = "a, b"\nurl = "sqlite:///p.db"\n')
    inner = tmp_path / "inner" / "most"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert (settings_of(None, None).modules, settings_of(None, None).url) == (("a", "b"), "sqlite:///p.db")
    assert (settings_of("c", None).modules, settings_of("c", None).url) == (("c",), "sqlite:///p.db")

    (inner.parent / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (inner.parent / "alembic.ini").write_text(
        "[alembic]\nmodels = d\nsqlalchemy.url = sqlite:///%(here)s/100%%.db\n"
    )
    found = settings_of(None, None)
    assert (found.modules, found.url) == (("d",), f"sqlite:///{inner.parent}/100%.db")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pyproject.toml", "[tool.sqla_osiris]\nmodel = 'a'\n", "has model; it takes models and url"),
        ("pyproject.toml", "[tool.", "cannot be read"),
        (
            "alembic.ini",
            "sqlalchemy.url = postgresql://u:geheim@h/d\n",
            "cannot be read: MissingSectionHeaderError",
        ),
    ],
)
def test_a_file_with_wrong_settings_is_named(tmp_path, monkeypatch, name, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(OsirisError, match=message) as refused:
        settings_of(None, None)
    assert "geheim" not in str(refused.value)
