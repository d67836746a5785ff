"""Feeds are valid Atom, whatever the records hold; the rules are those of RFC 4287."""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import webtest

from tests.conftest import make_record
from tests.server.search.records import make_records

ATOM = "{http://www.w3.org/2005/Atom}"
PAGES = (
    "/v1/catalog/.atom",
    "/v1/catalog/.atom?locale=fr&size=7",
    "/v1/catalog/.atom?q=nothing-has-this",
    "/v1/catalog/builds/20140404034404.atom",
    "/v1/catalog/records/record-001.atom",
)
TAG_URI = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[!-~]*")


def read(response: webtest.TestResponse) -> ElementTree.Element:
    assert response.content_type == "application/atom+xml"
    return ElementTree.fromstring(response.body)


def check_feed(feed: ElementTree.Element) -> None:
    """Check what RFC 4287 demands of a feed and its entries, in sections 4.1 and 4.2."""
    assert feed.tag == f"{ATOM}feed"
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    entries = feed.findall(f"{ATOM}entry")
    for each in (feed, *entries):
        for name in ("id", "title", "updated"):
            (found,) = each.findall(f"{ATOM}{name}")
            assert found.text
        assert TAG_URI.fullmatch(each.findtext(f"{ATOM}id", ""))
        updated = each.findtext(f"{ATOM}updated", "")
        assert datetime.fromisoformat(updated).tzinfo is not None
        assert "T" in updated
        links = [(link.get("rel"), link.get("type")) for link in each.findall(f"{ATOM}link")]
        assert len(links) == len(set(links))
        assert ("alternate", "text/html") in links
        for link in each.findall(f"{ATOM}link"):
            assert urlsplit(link.get("href", "")).scheme == "http"
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", PAGES)
def test_a_feed_follows_the_rules(catalogue: webtest.TestApp, address: str) -> None:
    response = catalogue.get(address, status="*")
    feed = read(response)
    check_feed(feed)
    (own,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == f"http://localhost{address}"


def test_entries_lead_to_their_pages_and_keep_their_ids(catalogue: webtest.TestApp) -> None:
    feed = read(catalogue.get("/v1/catalog/.atom?size=3"))
    for entry in feed.findall(f"{ATOM}entry"):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        page = catalogue.get(str(link.get("href")))
        own = read(catalogue.get(f"{page.request.path}.atom"))
        assert entry.findtext(f"{ATOM}id") == own.findtext(f"{ATOM}entry/{ATOM}id")


def test_the_ids_stay_the_same_behind_another_port(catalogue: webtest.TestApp) -> None:
    feeds = [
        read(catalogue.get("/v1/catalog/.atom?size=2", headers={"Host": host}))
        for host in ("builds.example", "builds.example:8888", "BUILDS.example")
    ]
    ids = [[each.text for each in feed.iter(f"{ATOM}id")] for feed in feeds]
    assert ids[0] == ids[1] == ids[2]
    assert str(ids[0][0]).startswith("tag:builds.example,2026:/v1/catalog/")


def test_a_feed_is_as_new_as_its_newest_entry(catalogue: webtest.TestApp) -> None:
    feed = read(catalogue.get("/v1/catalog/.atom"))
    newest = max(record["download"]["date"] for record in make_records())
    assert feed.findtext(f"{ATOM}updated") == newest


def test_pages_of_a_feed_are_linked(catalogue: webtest.TestApp) -> None:
    address: str | None = "http://localhost/v1/catalog/.atom?size=100"
    found: list[str | None] = []
    while address:
        feed = read(catalogue.get(address))
        found += [each.findtext(f"{ATOM}id") for each in feed.findall(f"{ATOM}entry")]
        links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
        address = links.get("next")
    assert len(found) == len(set(found)) == len(make_records())


HOSTILE = (
    "<script>alert(1)</script>",
    "]]>&amp;",
    "a\x01\x0b\x1f\ufffe\uffff",
    "\u202eabc",
    "😀",
)


def test_hostile_records_are_text_in_a_feed(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue(
        [
            make_record(
                id=f"record-{number}",
                target__version=text,
                download__url=text,
                download__date=f"2017-99-99T99:99:{number:02}Z",
            )
            for number, text in enumerate(HOSTILE)
        ]
    )
    feed = read(app.get("/v1/catalog/.atom"))
    check_feed(feed)
    shown = {re.sub("[\x01\x0b\x1f\ufffe\uffff]", "\ufffd", text) for text in HOSTILE}
    entries = feed.findall(f"{ATOM}entry")
    assert {entry.findtext(f"{ATOM}summary") for entry in entries} == shown
    assert {entry.findtext(f"{ATOM}title", "").split(" ")[1] for entry in entries} == shown


@pytest.mark.parametrize("host", ["[::1", "[::1]:8888", "]", "a b", "evil>"])
def test_any_host_gets_a_feed(catalogue: webtest.TestApp, host: str) -> None:
    feed = read(catalogue.get("/v1/catalog/.atom?size=1", headers={"Host": host}))
    assert all(TAG_URI.fullmatch(str(each.text)) for each in feed.iter(f"{ATOM}id"))
