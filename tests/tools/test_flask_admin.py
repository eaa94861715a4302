"""Flask-Admin lists, searches, filters, sorts, creates, edits and deletes wares.

Its forms' moments have no zone until they are given one.
"""

from datetime import UTC

import pytest
from sqlalchemy.orm import scoped_session, sessionmaker

from sqla_osiris import repository
from tests.tools.pages import fields_on, rows_on
from tests.tools.shop import NOON, OAT, TEA, Shelf, Ware, events

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FORM = {
    "id": "c",
    "title": "oat",
    "price": "1.10",
    "made": "2026-01-02 12:00:00",
    "size": "SMALL",
    "stock": "4",
}


@pytest.fixture
def client(shop):
    from flask import Flask
    from flask_admin import Admin
    from flask_admin.contrib.sqla import ModelView

    class WareView(ModelView):
        column_list = ("id", "title", "price", "made", "size", "stock")
        column_searchable_list = ("title",)
        column_filters = ("title", "price", "size", "stock")
        form_columns = (*column_list, "seq")
        form_args = {"made": {"filters": [lambda made: made and made.replace(tzinfo=UTC)]}}
        named_filter_urls = True

    app = Flask("shop")
    app.config["SECRET_KEY"] = "shop"  # noqa: S105
    sessions = scoped_session(sessionmaker(shop))
    app.teardown_appcontext(lambda _error: sessions.remove())
    admin = Admin(app)
    admin.add_view(WareView(Ware, sessions))
    admin.add_view(ModelView(Shelf, sessions))
    return app.test_client()


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=2&desc=1", ["b", "a"]),
        ("sort=3", ["a", "b"]),
        ("search=tea", ["a"]),
        ("flt0_title_equals=jam", ["b"]),
        ("flt0_price_greater_than=3", ["b"]),
        ("flt0_price_equals=2.50", ["a"]),
        ("flt0_size_equals=LARGE", ["b"]),
        ("flt0_stock_smaller_than=3", []),
    ],
)
def test_a_list_is_sorted_searched_and_filtered(client, query, expected):
    rows = rows_on(client.get(f"/admin/ware/?{query}").text)

    assert [row[2] for row in rows] == expected


def test_a_list_shows_each_field(client):
    (row,) = rows_on(client.get("/admin/ware/?search=tea").text)

    assert row[2:8] == ["a", "tea", "2.50", str(NOON), "SMALL", "3"]


def test_a_form_creates_a_ware(client, shop):
    empty = fields_on(client.get("/admin/ware/new/").text)
    answer = client.post("/admin/ware/new/", data=empty | FORM)

    assert (answer.status_code, events(shop, "c")) == (302, [OAT])


def test_a_form_changes_what_was_typed_and_nothing_else(client, shop):
    shown = fields_on(client.get("/admin/ware/edit/?id=a").text)
    answer = client.post("/admin/ware/edit/?id=a", data=shown | {"stock": "1"})

    assert (answer.status_code, events(shop, "a")) == (302, [TEA, {"stock": -2}])


def test_a_form_that_another_write_overtook_is_refused(client, shop):
    shown = fields_on(client.get("/admin/ware/edit/?id=a").text)
    repository(Ware, shop).append("a", stock=5)
    answer = client.post("/admin/ware/edit/?id=a", data=shown | {"stock": "1"})

    assert (answer.status_code, "found at seq 2" in answer.text) == (200, True)
    assert events(shop, "a") == [TEA, {"stock": 5}]


def test_a_form_says_that_a_unique_name_is_taken(client, shop):
    answers = [client.post("/admin/shelf/new/", data={"name": "top"}) for _ in range(2)]

    assert ([answer.status_code for answer in answers], "Already exists." in answers[1].text) == (
        [302, 200],
        True,
    )
    assert [event.context for event in repository(Shelf, shop).feed()] == [1]


def test_a_ware_is_deleted(client, shop):
    client.post("/admin/ware/delete/", data={"id": "a"})

    assert repository(Ware, shop).state("a") is None
    assert events(shop, "a") == [TEA, {}]
