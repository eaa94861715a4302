"""starlette-admin lists, searches, filters, sorts, creates, edits and deletes wares.

Its forms' moments have no zone until they are given one.
"""

from datetime import UTC

import pytest

from sqla_osiris import repository
from tests.tools.pages import fields_on, rows_on
from tests.tools.shop import NOON, OAT, TEA, Delivery, Ware, events

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FORM = {"id": "c", "title": "oat", "price": "1.10", "made": "2026-01-02T12:00", "size": "SMALL", "stock": "4"}


@pytest.fixture
def client(shop):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient
    from starlette_admin.contrib.sqla import Admin, ModelView

    class WareView(ModelView):
        show_pk_in_forms = True

        async def before_create(self, request, data, obj):
            obj.made = obj.made and obj.made.replace(tzinfo=UTC)

        async def before_edit(self, request, data, obj):
            await self.before_create(request, data, obj)

    class DeliveryView(ModelView):
        show_pk_in_forms = True

    app = Starlette()
    admin = Admin(shop, secret_key="shop")  # noqa: S106
    admin.add_view(WareView(Ware))
    admin.add_view(DeliveryView(Delivery))
    admin.mount_to(app)
    with TestClient(app) as client:
        yield client


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=price__desc", ["b", "a"]),
        ("sort=made__asc", ["a", "b"]),
        ("q=tea", ["a"]),
        ("filter=title__eq=jam", ["b"]),
        ("filter=price__gt=3", ["b"]),
        ("filter=size__in=LARGE", ["b"]),
    ],
)
def test_a_list_is_sorted_searched_and_filtered(client, query, expected):
    rows = rows_on(client.get(f"/admin/ware/list?{query}").text)

    assert [row[2] for row in rows] == expected


def test_a_list_shows_each_field(client):
    (row,) = rows_on(client.get("/admin/ware/list?q=tea").text)

    assert row[2:9] == ["a", "tea", "2.50", "January 02, 2026 12:00:00", "SMALL", "3", "1"]


def test_a_form_creates_a_ware(client, shop):
    page = client.get("/admin/ware/create").text
    answer = client.post("/admin/ware/create", data=fields_on(page) | FORM, follow_redirects=False)

    assert "as it is sold" in page
    assert (answer.status_code, events(shop, "c")) == (303, [OAT])


def test_a_form_changes_what_was_typed_and_nothing_else(client, shop):
    shown = fields_on(client.get("/admin/ware/edit?pk=a").text)
    answer = client.post("/admin/ware/edit?pk=a", data=shown | {"stock": "1"}, follow_redirects=False)

    assert (answer.status_code, events(shop, "a")) == (303, [TEA, {"stock": -2}])


def test_a_type_that_takes_moments_without_a_zone_needs_no_hook_and_is_filtered(client, shop):
    page = client.get("/admin/delivery/create").text
    client.post("/admin/delivery/create", data=fields_on(page) | {"id": "x", "at": "2026-01-02T12:00"})
    shown = fields_on(client.get("/admin/delivery/edit?pk=x").text)
    client.post("/admin/delivery/edit?pk=x", data=shown)

    assert [event.fields for event in repository(Delivery, shop).history("x")] == [{"at": NOON}]
    for day, found in (("02", 1), ("03", 0)):
        between = f"at__between=2026-01-{day}..2026-01-04"
        assert len(rows_on(client.get(f"/admin/delivery/list?filter={between}").text)) == found


def test_a_ware_is_deleted(client, shop):
    token = fields_on(client.get("/admin/ware/edit?pk=a").text)["csrftoken"]
    client.post("/admin/_api/ware/row-action?pk=a&name=delete", headers={"X-CSRFToken": token})

    assert repository(Ware, shop).state("a") is None
    assert events(shop, "a") == [TEA, {}]
