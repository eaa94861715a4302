"""What a flush makes of objects: one event each, with only what changed, or an error."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient

from sqla_osiris import ConcurrentAppend, InvalidValue, NotExpressible, repository
from tests.statements import counted
from tests.unit_of_work.hr import Badge, Desk, Employee, Note, Record, Stay, Team, lives, touches

FIRST = {"company": "Hooly", "overtime": 5}


def writes(statements):
    """Those of the statements that can write."""
    return [
        statement
        for statement in map(str, statements)
        if any(word in statement.upper() for word in ("INSERT", "UPDATE ", "DELETE"))
    ]


def events(session, model=Employee):
    """Every row of a model's event table, read through the mapped `Event`."""
    return session.scalars(select(model.Event).order_by(model.Event.seq)).all()


# --- adding -----------------------------------------------------------------------------------


def test_adding_an_object_appends_its_first_event(session, bob):
    assert bob.seq == 1
    assert touches(session, Employee, "bob") == [FIRST]


def test_an_added_object_is_found_again_by_its_context(session, bob):
    session.expunge_all()

    found = session.get(Employee, "bob")

    assert (found.id, found.company, found.title, found.overtime) == ("bob", "Hooly", None, 5)


def test_an_object_with_nothing_but_its_context_has_one_event_that_touches_nothing(session):
    session.add(Employee(id="bob"))
    session.commit()

    assert touches(session, Employee, "bob") == [{}]
    assert session.get(Employee, "bob").overtime == 0


def test_what_was_not_given_reads_as_the_identity_after_the_flush(session):
    bob = Employee(id="bob")
    session.add(bob)
    session.flush()

    assert (bob.seq, bob.company, bob.overtime) == (1, None, 0)


def test_a_default_is_applied_when_the_object_is_added(session):
    session.add(Record(id="bob"))
    session.commit()

    assert touches(session, Record, "bob") == [{"level": "junior"}]


def test_a_default_is_not_applied_when_the_object_is_changed(session):
    repository(Record, session).append("bob", best=1)
    session.get(Record, "bob").best = 2
    session.commit()

    assert touches(session, Record, "bob") == [{"best": 1, "level": "junior"}, {"best": 2}]


def test_adding_a_context_that_is_live_is_a_lost_race_and_writes_nothing(session, bob):
    session.expunge_all()
    session.add(Employee(id="bob", company="Raviga"))

    with pytest.raises(ConcurrentAppend, match="bob"):
        session.commit()

    session.rollback()
    assert touches(session, Employee, "bob") == [FIRST]


@pytest.mark.any_database
def test_adding_without_a_context_is_refused(session):
    session.add(Employee(company="Hooly"))

    with pytest.raises(InvalidValue, match="id"):
        session.commit()


def test_a_context_of_two_columns_is_added_and_found_as_a_tuple(session):
    session.add(Stay(hotel="Ritz", room=7, guest="bob"))
    session.commit()
    session.expunge_all()

    assert session.get(Stay, ("Ritz", 7)).guest == "bob"
    assert touches(session, Stay, ("Ritz", 7)) == [{"guest": "bob"}]


# --- changing ---------------------------------------------------------------------------------


def test_a_change_appends_one_event_with_only_what_changed(session, bob):
    bob.title, bob.overtime = "VP", bob.overtime + 3
    session.commit()

    assert bob.seq == 2
    assert touches(session, Employee, "bob") == [FIRST, {"title": "VP", "overtime": 3}]


def test_the_columns_of_untouched_fields_are_null_in_the_event(session, bob):
    bob.title = "VP"
    session.commit()

    event = events(session)[-1]

    assert (event.id, event.seq, event.title) == ("bob", 2, "VP")
    assert (event.company, event.overtime, event.osiris_cleared) == (None, None, None)


def test_an_event_knows_when_it_was_recorded_in_utc(session, bob):
    recorded_at = events(session)[0].recorded_at

    assert recorded_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - recorded_at) < timedelta(minutes=1)


def test_an_unchanged_object_writes_nothing(session, bob, hr_engine):
    session.get(Employee, "bob", populate_existing=True)

    with counted(hr_engine) as statements:
        session.commit()

    assert writes(statements) == []


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    ("field", "value"), [("company", "Hooly"), ("overtime", 5), ("title", None), ("id", "bob")]
)
def test_assigning_the_value_that_is_there_writes_nothing(session, bob, hr_engine, field, value):
    session.refresh(bob)
    setattr(bob, field, value)

    with counted(hr_engine) as statements:
        session.commit()

    assert writes(statements) == []
    assert bob.seq == 1


def test_a_change_that_is_taken_back_before_the_flush_writes_nothing(session, bob):
    session.refresh(bob)
    bob.company, bob.overtime = "Raviga", 9
    bob.company, bob.overtime = "Hooly", 5
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST]


def test_several_changes_of_one_sum_before_the_flush_are_one_delta(session, bob):
    bob.overtime += 3
    bob.overtime += 4
    bob.overtime -= 20
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"overtime": -13}
    assert bob.overtime == -8


def test_a_sum_that_was_expired_is_loaded_to_find_its_delta(session, bob):
    session.expire(bob)
    bob.overtime = 12
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"overtime": 7}


def test_none_is_a_value_of_a_last_field(session, bob):
    bob.company = None
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"company": None}
    assert events(session)[-1].osiris_cleared == ",company,"
    assert bob.company is None


def test_an_event_can_set_one_field_and_clear_another(session, bob):
    bob.company, bob.title = None, "VP"
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"company": None, "title": "VP"}


@pytest.mark.any_database
def test_none_where_the_annotation_forbids_it_is_refused(session):
    desk = Desk(id="d1", floor="2")
    session.add(desk)
    session.commit()
    desk.floor = None

    with pytest.raises(InvalidValue, match="floor"):
        session.commit()


def test_a_new_object_without_what_may_not_be_none_is_refused_and_nothing_of_its_flush_is_written(session):
    session.add_all([Employee(id="bob"), Desk(id="d1")])

    with pytest.raises(InvalidValue, match="without floor"):
        session.commit()
    session.rollback()

    assert (session.get(Employee, "bob"), session.get(Desk, "d1")) == (None, None)


def test_a_new_life_gives_again_what_may_not_be_none(session):
    session.add(desk := Desk(id="d1", floor="2"))
    session.commit()
    session.delete(desk)
    session.commit()
    session.add(Desk(id="d1"))

    with pytest.raises(InvalidValue, match="without floor"):
        session.commit()


def test_an_object_whose_required_value_was_redacted_can_be_changed(session):
    session.add(Desk(id="d1", floor="2"))
    session.commit()
    repository(Desk, session).redact("d1", 1, "floor", reason="asked")
    desk = session.get_one(Desk, "d1", populate_existing=True)
    assert desk.floor is None

    desk.floor = "3"
    session.commit()

    assert (session.get(Desk, "d1").floor, desk.seq) == ("3", 3)


@pytest.mark.any_database
def test_a_value_that_does_not_fit_its_column_is_refused_before_anything_is_written(session, bob):
    bob.company, bob.title = "Raviga", "x" * 101

    with pytest.raises(InvalidValue, match="title"):
        session.commit()

    session.rollback()
    assert touches(session, Employee, "bob") == [FIRST]


def test_a_flushed_object_shows_its_new_state_without_a_query(session, bob, hr_engine):
    bob.title, bob.overtime = "VP", bob.overtime + 3
    session.flush()

    with counted(hr_engine) as statements:
        seen = (bob.title, bob.overtime)

    assert seen == ("VP", 8)
    assert list(statements) == []


def test_a_flushed_object_is_no_longer_dirty(session, bob):
    bob.title = "VP"
    session.flush()

    assert bob not in session.dirty
    assert not session.is_modified(bob)


def test_a_second_change_in_one_transaction_builds_on_the_first(session, bob):
    bob.overtime += 1
    session.flush()
    bob.overtime += 10
    session.commit()

    assert [fields["overtime"] for fields in touches(session, Employee, "bob")] == [5, 1, 10]
    assert (bob.seq, bob.overtime) == (3, 16)


@pytest.mark.any_database
def test_changing_the_context_is_refused(session, bob):
    bob.id = "rob"

    with pytest.raises(NotExpressible, match="id"):
        session.commit()


@pytest.mark.any_database
def test_assigning_seq_is_refused(session, bob):
    bob.seq = 7

    with pytest.raises(NotExpressible, match="seq"):
        session.commit()


# --- what each reducer lets an assignment say -------------------------------------------------


@pytest.fixture
def record(session):
    record = Record(id="bob", best=10, worst=10, logins=1, joined=2020, profile={"city": "Berlin", "age": 3})
    session.add(record)
    session.commit()
    return record


EXPRESSIBLE = [
    ("best", 11, 11),
    ("worst", 9, 9),
    ("logins", 2, 1),
    ("profile", {"city": "Paris", "age": 3}, {"city": "Paris"}),
    ("profile", {"age": 3}, {"city": None}),
    ("profile", {"city": "Berlin", "age": 3, "tags": {"a": 1}}, {"tags": {"a": 1}}),
]


@pytest.mark.once_on_servers
@pytest.mark.parametrize(("field", "assigned", "touched"), EXPRESSIBLE)
def test_an_assignment_becomes_the_touch_that_leads_to_it(session, record, field, assigned, touched):
    setattr(record, field, assigned)
    session.commit()

    assert touches(session, Record, "bob")[-1] == {field: touched}


@pytest.mark.parametrize(("field", "assigned", "touched"), EXPRESSIBLE)
def test_the_database_folds_an_assignment_to_the_value_assigned(session, record, field, assigned, touched):
    setattr(record, field, assigned)
    session.commit()
    session.expunge_all()

    assert getattr(session.get(Record, "bob"), field) == assigned


INEXPRESSIBLE = [
    ("best", 9),
    ("best", None),
    ("worst", 11),
    ("worst", None),
    ("logins", 3),
    ("logins", 0),
    ("joined", 2021),
    ("joined", None),
]


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "assigned"), INEXPRESSIBLE)
def test_an_assignment_that_no_event_can_express_is_refused_by_name(session, record, field, assigned):
    present = getattr(record, field)
    setattr(record, field, assigned)

    with pytest.raises(NotExpressible, match=rf"Record\.{field}.*{present}"):
        session.commit()


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "assigned"), INEXPRESSIBLE)
def test_a_refused_assignment_leaves_nothing_behind(session, record, field, assigned):
    setattr(record, field, assigned)
    record.level = "senior"
    with pytest.raises(NotExpressible):
        session.commit()

    session.rollback()
    assert record.level == "junior"
    assert len(touches(session, Record, "bob")) == 1


def test_the_first_value_can_be_assigned_while_there_is_none(session):
    record = Record(id="bob")
    session.add(record)
    session.commit()
    record.joined = 2020
    session.commit()

    assert touches(session, Record, "bob")[-1] == {"joined": 2020}
    assert record.joined == 2020


@pytest.mark.once_on_servers
@pytest.mark.parametrize("field", ["best", "worst", "joined"])
def test_none_where_there_is_none_already_is_no_change(session, field):
    record = Record(id="bob")
    session.add(record)
    session.commit()
    session.refresh(record)
    setattr(record, field, None)
    session.commit()

    assert record.seq == 1


@pytest.mark.any_database
def test_none_is_no_sum(session, bob):
    bob.overtime = None

    with pytest.raises((NotExpressible, InvalidValue), match="overtime"):
        session.commit()


@pytest.mark.any_database
def test_an_sql_expression_that_is_no_difference_cannot_be_assigned(session, bob):
    bob.overtime = Employee.overtime * 2

    with pytest.raises(NotExpressible, match="overtime"):
        session.commit()


# --- changes in place -------------------------------------------------------------------------


@pytest.fixture
def note(session):
    note = Note(id="n1", tags={"a": 1}, draft={"x": {"y": 1}, "z": 2})
    session.add(note)
    session.commit()
    return note


def test_a_mutable_document_changed_in_place_is_noticed(session, note):
    note.tags["b"] = 2
    session.commit()
    session.expunge_all()

    assert session.get(Note, "n1").tags == {"a": 1, "b": 2}


def test_a_mutable_document_changed_in_place_is_one_event_of_that_field(session, note):
    note.tags["b"] = 2
    session.commit()

    assert touches(session, Note, "n1")[-1] == {"tags": {"a": 1, "b": 2}}


def test_a_merged_document_changed_in_place_writes_the_difference(session, note):
    del note.draft["z"]
    note.draft["w"] = 3
    session.commit()
    session.expunge_all()

    assert session.get(Note, "n1").draft == {"x": {"y": 1}, "w": 3}
    assert touches(session, Note, "n1")[-1] == {"draft": {"z": None, "w": 3}}


def test_a_document_flushed_once_is_noticed_when_changed_in_place_again(session, note):
    note.tags["b"] = 2
    session.flush()
    note.tags["c"] = 3
    session.commit()
    session.expunge_all()

    assert session.get(Note, "n1").tags == {"a": 1, "b": 2, "c": 3}


def test_an_event_does_not_change_with_the_document_it_was_made_from(session, note):
    note.tags["b"] = 2
    session.flush()
    note.tags["c"] = 3
    session.flush()

    assert [fields["tags"] for fields in touches(session, Note, "n1")] == [
        {"a": 1},
        {"a": 1, "b": 2},
        {"a": 1, "b": 2, "c": 3},
    ]


# --- deleting ---------------------------------------------------------------------------------


def test_deleting_an_object_appends_the_event_that_ends_its_stream(session, bob):
    session.delete(bob)
    session.commit()

    assert lives(session, Employee, "bob") == [(1, False), (2, True)]
    assert events(session)[-1].osiris_cleared == "*"


def test_a_deleted_object_is_found_no_more(session, bob):
    session.delete(bob)
    session.commit()

    assert session.get(Employee, "bob") is None
    assert session.scalars(select(Employee)).all() == []


def test_a_deleted_objects_history_stays(session, bob):
    session.delete(bob)
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {}]


def test_a_deleted_object_is_detached_after_the_commit(session, bob):
    session.delete(bob)
    session.commit()

    assert inspect(bob).detached


def test_changes_of_an_object_that_is_deleted_are_not_written(session, bob):
    bob.title = "VP"
    session.delete(bob)
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {}]


def test_a_context_added_again_later_starts_a_new_life(session, bob):
    session.delete(bob)
    session.commit()
    again = Employee(id="bob", title="VP", overtime=1)
    session.add(again)
    session.commit()

    assert lives(session, Employee, "bob") == [(1, False), (2, True), (3, False)]
    assert (again.seq, again.company, again.title, again.overtime) == (3, None, "VP", 1)


def test_the_database_folds_only_the_new_life(session, bob):
    session.delete(bob)
    session.commit()
    session.add(Employee(id="bob", title="VP", overtime=1))
    session.commit()
    session.expunge_all()

    found = session.get(Employee, "bob")

    assert (found.seq, found.company, found.title, found.overtime) == (3, None, "VP", 1)


def test_a_new_life_can_be_changed_and_ended(session, bob):
    session.delete(bob)
    session.commit()
    again = Employee(id="bob")
    session.add(again)
    session.commit()
    again.overtime += 2
    session.commit()
    session.delete(again)
    session.commit()

    assert lives(session, Employee, "bob") == [
        (1, False),
        (2, True),
        (3, False),
        (4, False),
        (5, True),
    ]
    assert session.get(Employee, "bob") is None


def test_an_object_deleted_and_added_again_in_one_flush_starts_a_new_life(session, bob):
    session.delete(bob)
    session.add(Employee(id="bob", title="VP"))
    session.commit()
    session.expunge_all()

    found = session.get(Employee, "bob")

    assert (found.company, found.title, found.overtime) == (None, "VP", 0)


def test_an_object_deleted_and_added_again_in_one_flush_has_a_history_without_gaps(session, bob):
    session.delete(bob)
    session.add(Employee(id="bob", title="VP"))
    session.commit()

    assert lives(session, Employee, "bob") == [(1, False), (2, True), (3, False)]


def test_an_object_added_and_deleted_in_one_transaction_leaves_both_events(session):
    bob = Employee(id="bob", company="Hooly")
    session.add(bob)
    session.flush()
    session.delete(bob)
    session.commit()

    assert lives(session, Employee, "bob") == [(1, False), (2, True)]


def test_a_rolled_back_delete_leaves_the_object_alive(session, bob):
    session.delete(bob)
    session.flush()
    session.rollback()
    bob.title = "VP"
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"title": "VP"}]


# --- merge, refresh, expire, make_transient ---------------------------------------------------


def test_merging_a_known_context_changes_only_what_was_given(session, bob):
    session.expunge_all()
    session.merge(Employee(id="bob", title="VP"))
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"title": "VP"}]


def test_merging_an_unknown_context_adds_it(session):
    session.merge(Employee(id="bob", title="VP"))
    session.commit()

    assert touches(session, Employee, "bob") == [{"title": "VP"}]


def test_merging_a_detached_object_writes_what_was_changed_meanwhile(session, bob, hr_engine):
    session.refresh(bob)
    session.expunge(bob)
    bob.title, bob.overtime = "VP", 7
    with Session(hr_engine) as other:
        other.merge(bob)
        other.commit()

        assert touches(other, Employee, "bob") == [FIRST, {"title": "VP", "overtime": 2}]


def test_merging_a_changed_object_that_has_fallen_behind_loses(session, bob, hr_engine):
    session.refresh(bob)
    session.expunge(bob)
    repository(Employee, hr_engine).append("bob", overtime=1)
    bob.overtime = 7
    with Session(hr_engine) as other:
        other.merge(bob)
        with pytest.raises(ConcurrentAppend):
            other.commit()


def test_merging_an_unchanged_object_writes_nothing(session, bob, hr_engine):
    session.refresh(bob)
    session.expunge(bob)
    with Session(hr_engine) as other:
        other.merge(bob)
        with counted(hr_engine) as statements:
            other.commit()

    assert writes(statements) == []


def test_a_detached_object_that_is_added_again_can_be_changed(session, bob, hr_engine):
    session.refresh(bob)
    session.expunge(bob)
    with Session(hr_engine) as other:
        other.add(bob)
        bob.title = "VP"
        other.commit()

        assert touches(other, Employee, "bob") == [FIRST, {"title": "VP"}]


@pytest.mark.parametrize("again", [Session.refresh, Session.expire], ids=["refresh", "expire"])
def test_an_object_read_again_shows_what_others_appended(session, bob, hr_engine, again):
    repository(Employee, hr_engine).append("bob", overtime=3)

    again(session, bob)

    assert (bob.seq, bob.overtime) == (2, 8)


@pytest.mark.parametrize("again", [Session.refresh, Session.expire], ids=["refresh", "expire"])
def test_an_object_read_again_can_be_changed(session, bob, hr_engine, again):
    repository(Employee, hr_engine).append("bob", overtime=3)
    again(session, bob)
    bob.overtime += 1
    session.commit()

    assert (bob.seq, bob.overtime) == (3, 9)


def test_refreshing_one_attribute_leaves_the_others(bob, hr_engine):
    with Session(hr_engine, expire_on_commit=False) as session:
        loaded = session.get(Employee, "bob")
        session.commit()  # what MariaDB reads repeatably is a transaction
        repository(Employee, hr_engine).append("bob", overtime=3, company="Raviga")

        session.refresh(loaded, ["overtime"])

        assert (loaded.overtime, loaded.company) == (8, "Hooly")


def test_expiring_an_object_drops_its_changes(session, bob):
    bob.title = "VP"
    session.expire(bob)
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST]


def test_an_object_made_transient_can_be_added_as_another(session, bob):
    session.refresh(bob)
    make_transient(bob)
    bob.id = "rob"
    session.add(bob)
    session.commit()
    session.expunge_all()

    rob = session.get(Employee, "rob")

    assert (rob.seq, rob.company, rob.title, rob.overtime) == (1, "Hooly", None, 5)


def test_an_object_made_transient_leaves_its_stream_alone(session, bob):
    session.refresh(bob)
    make_transient(bob)
    bob.id = "rob"
    session.add(bob)
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST]


# --- transactions -----------------------------------------------------------------------------


def test_a_rolled_back_add_leaves_nothing(session):
    session.add(Employee(id="bob"))
    session.flush()
    session.rollback()

    assert session.get(Employee, "bob") is None
    assert events(session) == []


def test_a_rolled_back_add_can_be_added_again(session):
    bob = Employee(id="bob", company="Hooly")
    session.add(bob)
    session.flush()
    session.rollback()
    session.add(bob)
    session.commit()
    session.expunge_all()

    found = session.get(Employee, "bob")

    assert (found.seq, found.company, found.title, found.overtime) == (1, "Hooly", None, 0)


def test_a_rolled_back_add_of_a_count_can_be_added_again(session):
    record = Record(id="bob", best=3)
    session.add(record)
    session.flush()
    session.rollback()
    session.add(record)
    session.commit()
    session.expunge_all()

    found = session.get(Record, "bob")

    assert (found.seq, found.best, found.logins, found.joined) == (1, 3, 0, None)


def test_a_rolled_back_change_is_undone_in_the_object(session, bob):
    bob.title, bob.overtime = "VP", 9
    session.flush()
    session.rollback()

    assert (bob.seq, bob.title, bob.overtime) == (1, None, 5)


def test_an_object_can_be_changed_after_a_rollback(session, bob):
    bob.title = "VP"
    session.flush()
    session.rollback()
    bob.overtime += 1
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"overtime": 1}]


def test_a_rolled_back_savepoint_takes_its_events_along(session, bob):
    bob.company = "Raviga"
    session.flush()
    savepoint = session.begin_nested()
    bob.title = "VP"
    session.flush()
    savepoint.rollback()
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"company": "Raviga"}]


def test_an_object_can_be_changed_after_a_savepoint_was_rolled_back(session, bob):
    bob.company = "Raviga"
    session.flush()
    savepoint = session.begin_nested()
    bob.overtime = 100
    session.flush()
    savepoint.rollback()
    bob.overtime += 1
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"company": "Raviga"}, {"overtime": 1}]
    assert (bob.seq, bob.overtime) == (3, 6)


def test_an_add_in_a_rolled_back_savepoint_leaves_nothing(session, bob):
    bob.company = "Raviga"
    session.flush()
    savepoint = session.begin_nested()
    session.add(Employee(id="jane"))
    session.flush()
    savepoint.rollback()
    session.commit()

    assert session.get(Employee, "jane") is None
    assert touches(session, Employee, "jane") == []


def test_a_released_savepoint_keeps_its_events(session, bob):
    bob.company = "Raviga"
    with session.begin_nested():
        bob.title = "VP"
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"company": "Raviga"}, {"title": "VP"}]


def test_a_refused_add_in_a_savepoint_leaves_the_transaction_usable(session, bob):
    bob.company = "Raviga"
    session.flush()
    session.expunge(bob)
    with pytest.raises(ConcurrentAppend), session.begin_nested():
        session.add(Employee(id="bob"))
    session.add(Employee(id="jane"))
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"company": "Raviga"}]
    assert touches(session, Employee, "jane") == [{}]


def test_each_autoflush_is_an_event(session, bob):
    bob.title = "VP"
    session.scalars(select(Team)).all()
    bob.overtime += 1
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"title": "VP"}, {"overtime": 1}]


def test_without_autoflush_a_commit_is_one_event(session, bob):
    with session.no_autoflush:
        bob.title = "VP"
        session.scalars(select(Team)).all()
        bob.overtime += 1
    session.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"title": "VP", "overtime": 1}]


def test_a_query_sees_what_its_autoflush_wrote(session, bob):
    bob.overtime = 50

    assert session.scalar(select(Employee.id).where(Employee.overtime > 40)) == "bob"


def test_an_append_in_a_session_belongs_to_its_transaction(session, bob):
    repository(Employee, session).append("bob", overtime=3)
    session.rollback()

    assert touches(session, Employee, "bob") == [FIRST]


# --- several objects --------------------------------------------------------------------------


def test_several_models_are_written_in_one_flush(session):
    session.add_all([Employee(id="bob"), Record(id="bob"), Stay(hotel="Ritz", room=1)])
    session.commit()

    assert len(events(session, Employee) + events(session, Record) + events(session, Stay)) == 3


def test_adds_changes_and_deletes_share_a_flush(session, bob):
    session.add(jane := Employee(id="jane", overtime=1))
    session.commit()
    session.delete(bob)
    jane.overtime += 1
    session.add(Employee(id="ann"))
    session.commit()

    assert session.scalars(select(Employee.id).order_by(Employee.id)).all() == ["ann", "jane"]
    assert touches(session, Employee, "jane") == [{"overtime": 1}, {"overtime": 1}]


def test_an_ordinary_row_of_the_same_flush_gives_its_key_to_the_event(session):
    bob = Employee(id="bob", team=Team(name="Rocket"))
    session.add(bob)
    session.commit()

    assert touches(session, Employee, "bob") == [{"team_id": bob.team.id}]


def test_a_relationship_set_to_a_new_row_is_a_change(session, bob):
    bob.team = Team(name="Rocket")
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"team_id": bob.team_id}
    assert bob.team_id is not None


def test_joining_a_collection_is_a_change_of_its_member(session, bob):
    team = Team(name="Rocket")
    session.add(team)
    session.commit()
    team.members.append(bob)
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"team_id": team.id}


def test_leaving_a_collection_clears_the_reference(session, bob):
    bob.team = Team(name="Rocket")
    session.commit()
    bob.team.members.remove(bob)
    session.commit()

    assert touches(session, Employee, "bob")[-1] == {"team_id": None}


def test_deleting_an_ordinary_row_clears_the_references_to_it(session, bob):
    bob.team = team = Team(name="Rocket")
    session.commit()
    session.delete(team)
    session.commit()

    assert bob.team_id is None
    assert touches(session, Employee, "bob")[-1] == {"team_id": None}


def test_an_ordinary_row_can_refer_to_an_object_of_the_same_flush(session):
    session.add(Badge(number=1, employee=Employee(id="bob")))
    session.commit()

    assert session.get(Badge, 1).employee.seq == 1


def test_a_failure_of_an_ordinary_row_leaves_no_event(session, bob):
    session.add(Team(name="Rocket"))
    session.commit()
    bob.title = "VP"
    session.add(Team(name="Rocket"))
    with pytest.raises(IntegrityError):
        session.commit()

    session.rollback()
    assert touches(session, Employee, "bob") == [FIRST]
    assert bob.title is None


def test_a_refused_object_takes_the_ordinary_rows_of_its_flush_along(session, bob):
    session.add(Team(name="Rocket"))
    bob.overtime = Employee.overtime * 2
    with pytest.raises(NotExpressible):
        session.commit()

    session.rollback()
    assert session.scalars(select(Team)).all() == []


# --- bulk operations --------------------------------------------------------------------------


BULK = {
    "update by key": lambda session: session.execute(update(Employee), [{"id": "bob", "company": "Raviga"}]),
    "update of core": lambda session: session.execute(update(Employee.__table__).values(company="Raviga")),
    "delete through a connection": lambda session: session.connection().execute(delete(Employee)),
    "insert": lambda session: session.execute(insert(Employee).values(id="ann")),
    "insert many": lambda session: session.execute(insert(Employee), [{"id": "a"}, {"id": "b"}]),
    "insert returning": lambda session: session.scalars(
        insert(Employee).returning(Employee), [{"id": "ann"}]
    ),
    "bulk_insert_mappings": lambda session: session.bulk_insert_mappings(Employee, [{"id": "a"}]),
    "bulk_update_mappings": lambda session: session.bulk_update_mappings(
        Employee, [{"id": "bob", "company": "Raviga"}]
    ),
    "bulk_save_objects": lambda session: session.bulk_save_objects([Employee(id="ann")]),
}


@pytest.mark.any_database
@pytest.mark.parametrize("operation", BULK.values(), ids=BULK)
def test_a_bulk_operation_is_refused(session, bob, operation):
    with pytest.raises(NotExpressible, match=r"(?i)employee.*append_many"):
        operation(session)


@pytest.mark.any_database
@pytest.mark.parametrize("operation", BULK.values(), ids=BULK)
def test_a_refused_bulk_operation_leaves_the_log_alone(session, bob, operation):
    with pytest.raises(NotExpressible):
        operation(session)

    session.rollback()
    assert [event.id for event in events(session)] == ["bob"]
    assert session.scalars(select(Employee.company)).all() == ["Hooly"]


def test_a_bulk_update_of_an_ordinary_model_works_as_ever(session):
    session.add(Team(name="Rocket"))
    session.flush()
    session.execute(update(Team).values(name="Comet"))

    assert session.scalar(select(Team.name)) == "Comet"


def test_a_session_is_usable_after_a_refusal_and_a_rollback(session, bob):
    bob.overtime = Employee.overtime * 2
    with pytest.raises(NotExpressible):
        session.commit()

    session.rollback()
    bob.overtime += 1
    session.commit()
    assert touches(session, Employee, "bob") == [FIRST, {"overtime": 1}]


def test_the_head_row_holds_the_seq_of_the_last_event(session, bob):
    bob.title = "VP"
    session.commit()

    assert session.scalar(text("SELECT seq FROM employee_snapshot WHERE id = 'bob'")) == 2
