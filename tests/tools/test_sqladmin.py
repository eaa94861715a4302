"""sqladmin lists, searches, filters, sorts, creates, edits and deletes wares. Its forms show any generated column."""

import pytest
from sqlalchemy.orm import sessionmaker

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
    from sqladmin import Admin, ModelView
    from sqladmin.filters import AllUniqueStringValuesFilter, OperationColumnFilter
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    class WareAdmin(ModelView, model=Ware):
        column_list = (Ware.id, Ware.title, Ware.price, Ware.made, Ware.size, Ware.stock)
        column_searchable_list = (Ware.title,)
        column_sortable_list = (Ware.title, Ware.price, Ware.made)
        column_filters = (AllUniqueStringValuesFilter(Ware.title), OperationColumnFilter(Ware.price))
        form_include_pk = True

    class ShelfAdmin(ModelView, model=Shelf):
        pass

    app = Starlette()
    admin = Admin(app, session_maker=sessionmaker(shop))
    admin.add_view(WareAdmin)
    admin.add_view(ShelfAdmin)
    with TestClient(app) as client:
        yield client


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sortBy=price&sort=desc", ["b", "a"]),
        ("sortBy=made&sort=asc", ["a", "b"]),
        ("search=tea", ["a"]),
        ("title=jam", ["b"]),
        ("price=3&price_op=greater_than", ["b"]),
    ],
)
def test_a_list_is_sorted_searched_and_filtered(client, query, expected):
    rows = rows_on(client.get(f"/admin/ware/list?{query}").text)

    assert [row[2] for row in rows] == expected


def test_a_list_shows_each_field(client):
    (row,) = rows_on(client.get("/admin/ware/list?search=tea").text)

    assert row[2:8] == ["a", "tea", "2.50", str(NOON), "SMALL", "3"]


def test_a_form_creates_a_ware(client, shop):
    empty = fields_on(client.get("/admin/ware/create").text)
    answer = client.post("/admin/ware/create", data=empty | FORM, follow_redirects=False)

    assert (answer.status_code, events(shop, "c")) == (302, [OAT])


def test_a_form_changes_what_was_typed_and_nothing_else(client, shop):
    shown = fields_on(client.get("/admin/ware/edit/a").text)
    answer = client.post("/admin/ware/edit/a", data=shown | {"stock": "1"}, follow_redirects=False)

    assert (answer.status_code, events(shop, "a")) == (302, [TEA, {"stock": -2}])


def test_a_form_that_another_write_overtook_is_refused(client, shop):
    shown = fields_on(client.get("/admin/ware/edit/a").text)
    repository(Ware, shop).append("a", stock=5)
    answer = client.post("/admin/ware/edit/a", data=shown | {"stock": "1"})

    assert "found at seq 2" in answer.text
    assert events(shop, "a") == [TEA, {"stock": 5}]


def test_the_database_gives_a_key_and_refuses_a_name_that_is_taken(client, shop):
    empty = fields_on(client.get("/admin/shelf/create").text)
    answers = [client.post("/admin/shelf/create", data=empty | {"name": "top"}) for _ in range(2)]

    assert ([answer.status_code for answer in answers], "id" in empty) == ([200, 400], False)
    assert [event.context for event in repository(Shelf, shop).feed()] == [1]


def test_a_ware_is_deleted(client, shop):
    client.delete("/admin/ware/delete?pks=a")

    assert repository(Ware, shop).state("a") is None
    assert events(shop, "a") == [TEA, {}]
