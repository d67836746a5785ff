"""What works before any script runs: everything but suggestions, results while typing and keys."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.search_page import box, cells, choose, rows


@pytest.fixture
def page(open_page: OpenPage, demo_url: str) -> Page:
    return open_page(demo_url, java_script_enabled=False)


def test_the_box(page: Page, demo_url: str) -> None:
    box(page).fill("53.0b9 fr")
    box(page).press("Enter")
    expect(page).to_have_url(f"{demo_url}?q=53.0b9+fr&from=&to=")
    assert set(cells(page, "version")) == {"53.0b9"}
    page.get_by_role("link", name=re.compile("Remove .*fr")).click()
    assert set(cells(page, "locale")) > {"fr"}


def test_filters(page: Page) -> None:
    choose(page, "Channel", "beta")
    choose(page, "Locale", "fr")
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile("channel=beta.*locale=fr"))
    assert set(cells(page, "locale")) == {"fr"}
    assert set(cells(page, "channel")) == {"beta"}


def test_all_values_of_a_long_facet(page: Page) -> None:
    group = page.get_by_role("group", name="Version", exact=True)
    before = group.get_by_role("checkbox").count()
    group.get_by_role("link", name=re.compile("^All ")).click()
    assert group.get_by_role("checkbox").count() > before
    group.get_by_role("link", name=re.compile("^Show fewer")).click()
    assert group.get_by_role("checkbox").count() == before


def test_days(page: Page) -> None:
    page.get_by_label("from", exact=True).fill("2017-01-01")
    page.get_by_label("to", exact=True).fill("2017-12-31")
    page.get_by_role("button", name="Apply", exact=True).click()
    days = page.locator("tbody time")
    assert {str(day.get_attribute("datetime"))[:4] for day in days.all()} == {"2017"}


def test_bars_columns_and_pages(page: Page) -> None:
    page.locator("#histogram a[href*='from=2017']").click()
    expect(page).to_have_url(re.compile("from=2017"))
    page.get_by_role("link", name="Locale", exact=True).click()
    expect(page.locator("th[aria-sort]")).to_have_text("Locale")
    first = rows(page)
    page.get_by_role("link", name="Next", exact=True).click()
    assert not set(rows(page)) & set(first)


def test_from_a_row_to_its_record_build_and_version(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Details of")).first.click()
    expect(page).to_have_url(re.compile("/catalog/records/"))
    page.get_by_role("link", name=re.compile("^Build ")).first.click()
    expect(page).to_have_url(re.compile("/catalog/builds/"))
