"""A slow, failing or absent server: the page says so, and keeps what it has."""

from typing import Any

import pytest
from kinto_buildhub.search.errors import TimedOut, Unavailable
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.conftest import OpenPage, Site
from tests.browser.search_page import box, rows
from tests.server.search.collections import search_of

_503, _504 = "a status of 503 ", "a status of 504 "


def fail_with(monkeypatch: pytest.MonkeyPatch, site: Site, error: Exception) -> None:
    """Let all searches fail."""

    def fail(*_: Any, **__: Any) -> bytes:
        raise error

    monkeypatch.setattr(search_of(site.app), "search", fail)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_without_search_leads_to_the_records(
    open_page: OpenPage, site: Site, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    fail_with(monkeypatch, site, Unavailable("The search engine does not answer.", 7))
    page = open_page(f"{site.url}?version=56.0", expected=(_503,), color_scheme=scheme)
    expect(page.get_by_role("alert")).to_contain_text("The search engine does not answer.")
    expect(page.get_by_text("in 7 seconds")).to_be_visible()
    assert violations(page) == []
    address = page.get_by_role("link", name="ask the records API").get_attribute("href")
    records = page.request.get(str(address)).json()["data"]
    assert {record["target"]["version"] for record in records} == {"56.0"}
    monkeypatch.undo()
    page.get_by_role("link", name="Try again").click()
    assert len(rows(page)) > 0


def test_a_search_that_fails_while_typing_keeps_the_rows(
    open_page: OpenPage, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(site.url, expected=(_504,))
    shown = rows(page)
    fail_with(monkeypatch, site, TimedOut("The search took longer than 10 seconds."))
    box(page).fill("56.0")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("The search took longer than 10 seconds.")
    assert rows(page) == shown
    assert violations(page) == []
    monkeypatch.undo()
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_be_empty()
    expect(page).to_have_url(f"{site.url}?q=56.0")
    assert rows(page) != shown


def test_without_a_connection_the_page_says_so(open_page: OpenPage, site: Site) -> None:
    page = open_page(site.url, expected=("ERR_INTERNET_DISCONNECTED",))
    shown = rows(page)
    box(page).press_sequentially("5")
    expect(page).to_have_url(f"{site.url}?q=5")
    page.context.set_offline(True)
    box(page).press_sequentially("6")
    expect(page.locator("#notice")).to_contain_text("The server cannot be reached.")
    page.context.set_offline(False)
    page.locator("#notice").get_by_role("button", name="Try again").click()
    expect(page.locator("#notice")).to_be_empty()
    assert rows(page) != shown


def test_a_refused_address_says_what_is_wrong(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"{site.url}?sort=colour", expected=("a status of 400 ",))
    expect(page.get_by_role("alert")).to_contain_text("colour")
    page.get_by_role("link", name="Start a new search").click()
    expect(page).to_have_url(site.url)
