"""Whatever plain SQLAlchemy asks of a model, the answer is that of a fold in Python."""

from collections import Counter

import pytest
from sqlalchemy import String, and_, case, exists, func, inspect, literal, or_, select, union_all
from sqlalchemy.orm import (
    Bundle,
    aliased,
    contains_eager,
    defer,
    joinedload,
    load_only,
    selectinload,
    subqueryload,
)

from sqla_osiris import repository
from tests.queries.payrolls import TEAMS
from tests.statements import counted

FIELDS = ["id", "company", "team_id", "salary", "best", "worst", "visits", "joined", "seq"]


def seen(worker):
    """A state's context, fields and seq."""
    return {name: getattr(worker, name) for name in FIELDS}


def chosen(expected, condition):
    """The contexts whose states meet a condition, sorted."""
    return sorted(context for context, state in expected.items() if condition(state))


# --- the log itself, so that the tests below mean something -----------------------------------


def test_the_log_has_ended_lives_and_second_lives(log, expected):
    ended = {step.context for step in log if step.fields is None}

    assert ended - set(expected)
    assert ended & set(expected)


# --- get and whole states ---------------------------------------------------------------------


def test_get_finds_each_state(session, payroll, expected):
    assert {c: seen(session.get(payroll.Worker, c)) for c in expected} == expected


def test_get_finds_no_stream_that_has_ended(session, payroll, log, expected):
    ended = {step.context for step in log} - set(expected)

    assert [session.get(payroll.Worker, context) for context in ended] == [None] * len(ended)


def test_get_finds_no_stream_that_never_was(session, payroll):
    assert session.get(payroll.Worker, "nobody") is None


def test_a_select_finds_all_states(session, payroll, expected):
    states = session.scalars(select(payroll.Worker)).all()

    assert {state.id: seen(state) for state in states} == expected


def test_the_repository_finds_each_state(session, payroll, expected):
    workers = repository(payroll.Worker, session)

    assert {context: seen(workers.state(context)) for context in expected} == expected


def test_the_repository_finds_all_states(session, payroll, expected):
    states = repository(payroll.Worker, session).states()

    assert {state.id: seen(state) for state in states} == expected


def test_the_repository_finds_chosen_states(session, payroll, expected):
    some = sorted(expected)[::3]
    states = repository(payroll.Worker, session).states([*some, "nobody"])

    assert {state.id: seen(state) for state in states} == {c: expected[c] for c in some}


def test_the_repository_tells_the_log_as_it_was_written(session, payroll, log):
    context = Counter(step.context for step in log).most_common(1)[0][0]
    history = repository(payroll.Worker, session).history(context)

    assert [(event.seq, event.fields, event.ends) for event in history] == [
        (seq, step.fields or {}, step.fields is None)
        for seq, step in enumerate((step for step in log if step.context == context), start=1)
    ]


def test_snapshots_change_no_state(session, payroll, expected):
    for context in expected:
        repository(payroll.Worker, session).snapshot(context)

    states = session.scalars(select(payroll.Worker)).all()

    assert {state.id: seen(state) for state in states} == expected


# --- where ------------------------------------------------------------------------------------

WHERE = {
    "context": (lambda w: w.id == "w07", lambda s: s["id"] == "w07"),
    "contexts": (lambda w: w.id.in_(["w01", "w05", "xx"]), lambda s: s["id"] in {"w01", "w05"}),
    "range of contexts": (lambda w: w.id.between("w10", "w19"), lambda s: s["id"][1] == "1"),
    "pattern of contexts": (lambda w: w.id.like("w2%"), lambda s: s["id"][1] == "2"),
    "last value": (lambda w: w.company == "acme", lambda s: s["company"] == "acme"),
    "unicode": (lambda w: w.company == "Ätna", lambda s: s["company"] == "Ätna"),
    "no value": (lambda w: w.company.is_(None), lambda s: s["company"] is None),
    "any value": (lambda w: w.company.is_not(None), lambda s: s["company"] is not None),
    "sum": (lambda w: w.salary > 60, lambda s: s["salary"] > 60),
    "sum of nothing": (lambda w: w.salary == 0, lambda s: s["salary"] == 0),
    "greatest": (lambda w: w.best >= 50, lambda s: s["best"] is not None and s["best"] >= 50),
    "least": (lambda w: w.worst < -50, lambda s: s["worst"] is not None and s["worst"] < -50),
    "count": (lambda w: w.visits >= 3, lambda s: s["visits"] >= 3),
    "first": (lambda w: w.joined < 2010, lambda s: s["joined"] is not None and s["joined"] < 2010),
    "seq": (lambda w: w.seq >= 10, lambda s: s["seq"] >= 10),
    "two fields": (
        lambda w: and_(w.company == "hooly", w.salary + w.visits > 20),
        lambda s: s["company"] == "hooly" and s["salary"] + s["visits"] > 20,
    ),
    "either": (
        lambda w: or_(w.team_id == 1, w.visits == 0),
        lambda s: s["team_id"] == 1 or s["visits"] == 0,
    ),
}


@pytest.mark.parametrize(("clause", "condition"), WHERE.values(), ids=WHERE)
def test_where_chooses_the_states_that_meet_it(session, payroll, expected, clause, condition):
    worker = payroll.Worker
    found = session.scalars(select(worker.id).where(clause(worker)).order_by(worker.id)).all()

    assert found == chosen(expected, condition)


def test_each_condition_finds_something_and_not_all(expected):
    sizes = {name: len(chosen(expected, condition)) for name, (_, condition) in WHERE.items()}

    assert [name for name, size in sizes.items() if not 0 < size < len(expected)] == []


def test_filter_by_chooses_states(session, payroll, expected):
    found = session.query(payroll.Worker).filter_by(company="acme", team_id=1).count()

    assert found == len(chosen(expected, lambda s: (s["company"], s["team_id"]) == ("acme", 1)))


# --- order, limit, columns --------------------------------------------------------------------


def test_states_are_ordered_by_folded_values(session, payroll, expected):
    worker = payroll.Worker
    found = session.scalars(select(worker.id).order_by(worker.salary.desc(), worker.id)).all()

    assert found == sorted(expected, key=lambda c: (-expected[c]["salary"], c))


def test_limit_and_offset_page_through_states(session, payroll, expected):
    worker = payroll.Worker
    found = session.scalars(select(worker).order_by(worker.id).limit(7).offset(5)).all()

    assert [seen(state) for state in found] == [expected[c] for c in sorted(expected)[5:12]]


def test_columns_are_selected_without_objects(session, payroll, expected):
    worker = payroll.Worker
    rows = session.execute(select(worker.id, worker.company, worker.salary, worker.seq)).all()

    assert sorted(map(tuple, rows)) == sorted(
        (c, s["company"], s["salary"], s["seq"]) for c, s in expected.items()
    )


def test_expressions_of_folded_values_are_selected(session, payroll, expected):
    worker = payroll.Worker
    tall = case((worker.salary > 50, "high"), else_="low")
    rows = session.execute(select(worker.id, tall, worker.salary * 2 + worker.visits))

    assert {row[0]: (row[1], row[2]) for row in rows} == {
        c: ("high" if s["salary"] > 50 else "low", s["salary"] * 2 + s["visits"]) for c, s in expected.items()
    }


def test_a_bundle_of_columns_is_selected(session, payroll, expected):
    worker = payroll.Worker
    bundles = session.scalars(select(Bundle("pay", worker.id, worker.salary))).all()

    assert {b.id: b.salary for b in bundles} == {c: s["salary"] for c, s in expected.items()}


def test_load_only_loads_the_rest_when_asked(session, payroll, expected):
    states = session.scalars(select(payroll.Worker).options(load_only(payroll.Worker.company)))
    state = states.first()

    assert "salary" in inspect(state).unloaded
    assert seen(state) == expected[state.id]


def test_a_deferred_field_is_loaded_when_asked(session, payroll, expected):
    states = session.scalars(select(payroll.Worker).options(defer(payroll.Worker.salary)))
    state = states.first()

    assert "salary" in inspect(state).unloaded
    assert seen(state) == expected[state.id]


def test_states_are_streamed(session, payroll, expected):
    states = session.scalars(select(payroll.Worker).execution_options(yield_per=5))

    assert {state.id: seen(state) for state in states} == expected


# --- aggregates over states -------------------------------------------------------------------


def test_states_are_counted(session, payroll, expected):
    assert session.scalar(select(func.count()).select_from(payroll.Worker)) == len(expected)


def test_folded_values_are_aggregated(session, payroll, expected):
    worker = payroll.Worker
    row = session.execute(
        select(func.sum(worker.salary), func.max(worker.best), func.count(worker.company.distinct()))
    ).one()

    assert tuple(row) == (
        sum(s["salary"] for s in expected.values()),
        max(s["best"] for s in expected.values() if s["best"] is not None),
        len({s["company"] for s in expected.values()} - {None}),
    )


def test_states_are_grouped_by_a_folded_value(session, payroll, expected):
    worker = payroll.Worker
    rows = session.execute(
        select(worker.company, func.count(), func.sum(worker.salary)).group_by(worker.company)
    )

    assert {row[0]: tuple(row[1:]) for row in rows} == by_company(expected)


def test_groups_of_states_are_chosen_by_having(session, payroll, expected):
    worker = payroll.Worker
    found = session.scalars(select(worker.company).group_by(worker.company).having(func.count() > 5)).all()

    assert set(found) == {c for c, (count, _) in by_company(expected).items() if count > 5}


def by_company(expected):
    """How many states, and the sum of their salaries, of each company."""
    groups = {}
    for state in expected.values():
        count, salary = groups.get(state["company"], (0, 0))
        groups[state["company"]] = (count + 1, salary + state["salary"])
    return groups


def test_distinct_folded_values(session, payroll, expected):
    found = session.scalars(select(payroll.Worker.company).distinct()).all()

    assert Counter(found) == Counter({s["company"] for s in expected.values()})


def test_states_are_ranked_by_a_window_function(session, payroll, expected):
    worker = payroll.Worker
    place = func.row_number().over(order_by=(worker.salary.desc(), worker.id))
    rows = session.execute(select(worker.id, place)).all()

    ranked = sorted(expected, key=lambda c: (-expected[c]["salary"], c))
    assert dict(map(tuple, rows)) == {c: place for place, c in enumerate(ranked, start=1)}


# --- joins, aliases, subqueries ---------------------------------------------------------------


def test_states_are_joined_to_ordinary_rows(session, payroll, expected):
    worker, team = payroll.Worker, payroll.Team
    rows = session.execute(select(worker.id, team.name).join(worker.team))

    assert dict(map(tuple, rows)) == {
        c: TEAMS[s["team_id"]] for c, s in expected.items() if s["team_id"] is not None
    }


def test_ordinary_rows_are_joined_to_states(session, payroll, expected):
    worker, team = payroll.Worker, payroll.Team
    rows = session.execute(
        select(team.name, func.count(worker.id), func.coalesce(func.sum(worker.salary), 0))
        .outerjoin(team.people)
        .group_by(team.name)
    )

    assert {row[0]: tuple(row[1:]) for row in rows} == by_team(expected)


def by_team(expected):
    """How many states, and the sum of their salaries, of each team; teams without any as well."""
    groups = {}
    for number, name in TEAMS.items():
        members = [s for s in expected.values() if s["team_id"] == number]
        groups[name] = (len(members), sum(s["salary"] for s in members))
    return groups


def test_states_are_joined_to_a_list_of_keys(session, payroll, expected):
    some = sorted(expected)[::4]
    session.add_all([payroll.Wanted(id=c, reason="audit") for c in [*some, "nobody"]])
    session.flush()
    worker, wanted = payroll.Worker, payroll.Wanted
    states = session.scalars(select(worker).join(wanted, wanted.id == worker.id)).all()

    assert {state.id: seen(state) for state in states} == {c: expected[c] for c in some}


def test_a_missing_state_is_null_in_an_outer_join(session, payroll, expected):
    some = min(expected)
    session.add_all([payroll.Wanted(id=c, reason="audit") for c in [some, "nobody"]])
    session.flush()
    worker, wanted = payroll.Worker, payroll.Wanted
    rows = session.execute(select(wanted.id, worker).outerjoin(worker, wanted.id == worker.id))

    assert {row[0]: row[1] and row[1].id for row in rows} == {some: some, "nobody": None}


def test_a_missing_states_fields_are_null_in_an_outer_join(session, payroll):
    session.add(payroll.Wanted(id="nobody", reason="audit"))
    session.flush()
    worker, wanted = payroll.Worker, payroll.Wanted
    row = session.execute(
        select(worker.salary, worker.company, worker.visits, worker.seq)
        .select_from(wanted)
        .outerjoin(worker, wanted.id == worker.id)
    ).one()

    assert tuple(row) == (None, None, None, None)


def test_states_are_joined_to_their_own_events(session, payroll, log, expected):
    worker = payroll.Worker
    rows = session.execute(
        select(worker.id, func.count()).join(worker.Event, worker.Event.id == worker.id).group_by(worker.id)
    )

    counts = Counter(step.context for step in log if step.context in expected)
    assert dict(map(tuple, rows)) == counts


def test_aliases_join_states_to_each_other(session, payroll, expected):
    one, other = aliased(payroll.Worker), aliased(payroll.Worker)
    pairs = session.execute(
        select(one.id, other.id).join(other, and_(one.company == other.company, one.id < other.id))
    )

    assert sorted(map(tuple, pairs)) == sorted(
        (a, b)
        for a in expected
        for b in expected
        if a < b and expected[a]["company"] == expected[b]["company"] is not None
    )


def test_an_alias_loads_objects(session, payroll, expected):
    boss = aliased(payroll.Worker, name="boss")
    states = session.scalars(select(boss).where(boss.salary > 60)).all()

    assert {state.id: seen(state) for state in states} == {
        c: s for c, s in expected.items() if s["salary"] > 60
    }


def test_a_subquery_of_states_is_joined(session, payroll, expected):
    worker = payroll.Worker
    top = select(worker.company, func.max(worker.salary).label("salary")).group_by(worker.company)
    best = top.subquery()
    rows = session.execute(
        select(worker.company, worker.salary).join(
            best, and_(best.c.company == worker.company, best.c.salary == worker.salary)
        )
    )

    assert set(map(tuple, rows)) == {
        (company, max(s["salary"] for s in expected.values() if s["company"] == company))
        for company in {s["company"] for s in expected.values()} - {None}
    }


def test_a_scalar_subquery_compares_states_with_their_mean(session, payroll, expected):
    worker = payroll.Worker
    mean = select(func.avg(worker.salary)).scalar_subquery()
    found = session.scalars(select(worker.id).where(worker.salary > mean).order_by(worker.id))

    average = sum(s["salary"] for s in expected.values()) / len(expected)
    assert found.all() == chosen(expected, lambda s: s["salary"] > average)


def test_a_common_table_expression_of_states(session, payroll, expected):
    worker = payroll.Worker
    rich = select(worker.id, worker.salary).where(worker.salary > 60).cte("rich")

    assert session.scalar(select(func.count()).select_from(rich)) == len(
        chosen(expected, lambda s: s["salary"] > 60)
    )


def test_an_alias_of_a_subquery_loads_objects(session, payroll, expected):
    worker = payroll.Worker
    acme = aliased(worker, select(worker).where(worker.company == "acme").subquery())
    states = session.scalars(select(acme)).all()

    assert {state.id: seen(state) for state in states} == {
        c: s for c, s in expected.items() if s["company"] == "acme"
    }


def test_states_are_chosen_by_exists(session, payroll, expected):
    worker, other = payroll.Worker, aliased(payroll.Worker)
    richer = exists().where(other.company == worker.company, other.salary > worker.salary)
    found = session.scalars(select(worker.id).where(~richer).order_by(worker.id)).all()

    assert found == chosen(
        expected,
        lambda s: (
            not any(
                o["company"] == s["company"] is not None and o["salary"] > s["salary"]
                for o in expected.values()
            )
        ),
    )


def test_ordinary_rows_are_chosen_by_states_that_refer_to_them(session, payroll, expected):
    team, worker = payroll.Team, payroll.Worker
    found = session.scalars(select(team.id).where(team.people.any(worker.salary > 60)))

    assert set(found) == {s["team_id"] for s in expected.values() if s["salary"] > 60} - {None}


def test_states_are_chosen_by_the_ordinary_row_they_refer_to(session, payroll, expected):
    worker, team = payroll.Worker, payroll.Team
    found = session.scalars(
        select(worker.id).where(worker.team.has(team.name == "Comet")).order_by(worker.id)
    )

    assert found.all() == chosen(expected, lambda s: s["team_id"] == 2)


def test_states_are_chosen_by_a_subquery_of_contexts(session, payroll, expected):
    worker, event = payroll.Worker, payroll.Worker.Event
    once_acme = select(event.id).where(event.company == "acme")
    found = session.scalars(select(worker.id).where(worker.id.in_(once_acme)).order_by(worker.id))

    assert set(found) >= set(chosen(expected, lambda s: s["company"] == "acme"))


def test_states_are_united(session, payroll, expected):
    worker = payroll.Worker
    both = union_all(
        select(worker.id, literal("rich", String).label("why")).where(worker.salary > 60),
        select(worker.id, literal("regular", String).label("why")).where(worker.visits >= 3),
    )

    assert Counter(row.why for row in session.execute(both)) == {
        "rich": len(chosen(expected, lambda s: s["salary"] > 60)),
        "regular": len(chosen(expected, lambda s: s["visits"] >= 3)),
    }


# --- loading relationships --------------------------------------------------------------------

EAGER = [selectinload, joinedload, subqueryload]


@pytest.mark.parametrize("load", EAGER)
def test_states_load_the_ordinary_rows_they_refer_to(session, payroll, expected, load):
    states = session.scalars(select(payroll.Worker).options(load(payroll.Worker.team))).all()

    assert {state.id: state.team and state.team.name for state in states} == {
        c: TEAMS.get(s["team_id"]) for c, s in expected.items()
    }


@pytest.mark.parametrize("load", EAGER)
def test_ordinary_rows_load_the_states_that_refer_to_them(session, payroll, expected, load):
    teams = session.scalars(select(payroll.Team).options(load(payroll.Team.people))).unique().all()

    assert {team.id: [seen(state) for state in team.people] for team in teams} == {
        number: [expected[c] for c in chosen(expected, lambda s, n=number: s["team_id"] == n)]
        for number in TEAMS
    }


@pytest.mark.parametrize("load", EAGER)
def test_loaded_relationships_cost_no_further_query(session, payroll, played, load):
    teams = session.scalars(select(payroll.Team).options(load(payroll.Team.people))).unique().all()

    with counted(played) as statements:
        assert sum(len(team.people) for team in teams) > 0

    assert statements == []


def test_a_relationship_is_loaded_lazily(session, payroll, expected):
    team = session.get(payroll.Team, 1)

    assert [state.id for state in team.people] == chosen(expected, lambda s: s["team_id"] == 1)


def test_a_join_fills_the_relationship_it_contains(session, payroll, expected):
    worker, team = payroll.Worker, payroll.Team
    states = session.scalars(
        select(worker).join(worker.team).options(contains_eager(worker.team)).where(team.id == 2)
    ).all()

    assert {state.team.name for state in states} == {"Comet"}
    assert sorted(state.id for state in states) == chosen(expected, lambda s: s["team_id"] == 2)
