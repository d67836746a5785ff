"""The pages about the API, and the feed of its changes."""

from datetime import date
from xml.etree import ElementTree

import pytest
import webtest
from kinto_buildhub.api_docs.changes import CHANGES

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize("path", ["/v1/docs/", "/v1/docs/changes"])
def test_a_page_loads_nothing_from_elsewhere(world: webtest.TestApp, path: str) -> None:
    page = world.get(path)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    for link in page.html.select("script[src], link[rel=stylesheet], link[rel=icon]"):
        address = link.get("src") or link["href"]
        file = world.get(address)
        assert "immutable" in file.headers["Cache-Control"]
        world.get(address.replace("/docs/static/", "/docs/static/x"), status=404)


def test_the_address_without_a_slash_leads_to_the_page(world: webtest.TestApp) -> None:
    assert world.get("/v1/docs").follow().html.select_one("#api")


def test_methods_that_nothing_takes_are_refused(world: webtest.TestApp) -> None:
    for path in ("/v1/docs/", "/v1/docs/changes", "/v1/docs/changes.atom", "/v1/openapi.json"):
        assert world.head(path).status_code == 200
        assert world.post(path, status="*").status_code == 405
        preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
        assert (
            "GET" in world.options(path, headers=preflight).headers["Access-Control-Allow-Methods"]
        )


def test_the_feed_has_each_change_once(world: webtest.TestApp) -> None:
    feed = ElementTree.fromstring(world.get("/v1/docs/changes.atom").body)
    titles = [title.text for title in feed.iterfind(f"{ATOM}entry/{ATOM}title")]
    assert titles == [change.title for change in CHANGES]
    ids = [each.text for each in feed.iter(f"{ATOM}id")]
    assert len(ids) == len({*ids})
    assert feed.findtext(f"{ATOM}updated") == f"{CHANGES[0].day}T00:00:00+00:00"


def test_changes_are_listed_newest_first() -> None:
    days = [change.day for change in CHANGES]
    assert days == sorted(days, reverse=True)
    assert days[0] >= date(2026, 12, 1)
