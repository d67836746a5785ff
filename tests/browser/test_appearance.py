"""What the page looks like: dark, on paper, and under an address that is short."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.search_page import rows

_BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


def test_dark_is_dark(open_page: OpenPage, demo_url: str) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        colour = open_page(demo_url, color_scheme=scheme).evaluate(_BACKGROUND)
        brightness[scheme] = sum(map(float, re.findall(r"[\d.]+", colour)[:3]))
    assert brightness["dark"] < 150
    assert brightness["light"] > 700


def test_on_paper_there_is_the_table_alone(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?q=53.0b9", color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for hidden in ("aside", ".pager a", "form.search", ".site-nav"):
        expect(page.locator(hidden).first).not_to_be_visible()
    colour = page.evaluate(_BACKGROUND)
    assert sum(map(float, re.findall(r"[\d.]+", colour)[:3])) > 700


@pytest.mark.parametrize("path", ["/", "/v1/", "/v1", "/v1/catalog"])
def test_short_addresses_lead_to_the_page(open_page: OpenPage, demo_url: str, path: str) -> None:
    page = open_page(demo_url.removesuffix("/v1/catalog/") + path)
    expect(page).to_have_url(demo_url)


def test_an_address_of_the_older_page_leads_to_the_same_question(
    open_page: OpenPage, demo_url: str
) -> None:
    root = demo_url.removesuffix("/v1/catalog/")
    page = open_page(f"{root}/?products[0]=firefox&versions[0]=53.0b9&locale[0]=fr")
    expect(page).to_have_url(re.compile("product=firefox&version=53.0b9&locale=fr"))
    assert len(rows(page)) > 0


def test_on_a_phone_the_filters_are_folded(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url, width=390, has_touch=True, is_mobile=True)
    group = page.get_by_role("group", name="Channel", exact=True)
    expect(group).not_to_be_visible()
    page.locator("details.filters > summary").click()
    expect(group).to_be_visible()
    group.get_by_role("checkbox", name=re.compile("^beta ")).check()
    expect(page).to_have_url(re.compile("channel=beta"))
    expect(page.locator("tbody tr").first).to_be_visible()
