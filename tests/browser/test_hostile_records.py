"""Hostile records in a browser: they are text, and break neither scripts nor layout."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.conftest import OpenPage
from tests.browser.layout import too_wide
from tests.browser.search_page import box, rows
from tests.server.catalog.hostile_records import SCRIPT, hostile_records

RECORD_IDS = [record["id"] for record in hostile_records()]


@pytest.mark.parametrize("width", [320, 1280])
def test_the_table_shows_them_all(open_page: OpenPage, hostile_url: str, width: int) -> None:
    page = open_page(f"{hostile_url}?size=1000", width=width)
    assert set(rows(page)) == set(RECORD_IDS)
    assert too_wide(page) == []
    assert page.get_by_text(SCRIPT).count() > 0
    assert violations(page) == []


def test_links_lead_only_to_the_web(open_page: OpenPage, hostile_url: str) -> None:
    page = open_page(f"{hostile_url}?size=1000")
    protocols = page.locator("a[href]").evaluate_all(
        "all => all.map(each => new URL(each.getAttribute('href'), location).protocol)"
    )
    assert set(protocols) <= {"http:", "https:"}


@pytest.mark.parametrize(
    "record_id",
    ["text-script", "text-long", "text-right-to-left", "text-control", "value-6", "nothing-at-all"],
)
def test_a_record_shows_its_values(open_page: OpenPage, hostile_url: str, record_id: str) -> None:
    page = open_page(f"{hostile_url}records/{record_id}", width=390)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert too_wide(page) == []
    assert violations(page) == []


def test_what_is_typed_is_text(open_page: OpenPage, hostile_url: str) -> None:
    page = open_page(hostile_url)
    box(page).fill(SCRIPT)
    expect(page.locator(".chips")).to_contain_text("<script>alert(1)</script>")
    expect(box(page)).to_have_value(SCRIPT)
    page.reload()
    expect(box(page)).to_have_value(SCRIPT)
