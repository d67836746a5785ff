"""What all formats of all pages have: links to each other, headers, HEAD, conditional requests."""

from urllib.parse import urlsplit

import pytest
import webtest

from tests.server.search.records import make_records

BUILD = next(each["build"]["id"] for each in make_records() if "build" in each)
PAGES = ("/v1/catalog/", f"/v1/catalog/builds/{BUILD}", "/v1/catalog/records/record-001")
TYPES = {
    "": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
    ".atom": "application/atom+xml",
}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_links_to_its_other_formats_in_head_and_text(
    catalogue: webtest.TestApp, page: str
) -> None:
    html = catalogue.get(f"{page}?size=5" if page == PAGES[0] else page).html
    for place in (html.head.find_all("link", rel="alternate"), html.find(id="formats")("a")):
        assert [link["type"] for link in place] == list(TYPES.values())[1:]
        for link in place:
            assert catalogue.get(link["href"]).content_type == link["type"]
    canonical = html.find("link", rel="canonical")["href"]
    assert catalogue.get(canonical).html.title == html.title


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("ending", TYPES)
def test_head_has_the_headers_of_get_and_no_body(
    catalogue: webtest.TestApp, page: str, ending: str
) -> None:
    got, head = catalogue.get(page + ending), catalogue.head(page + ending)
    assert head.status_code == 200
    assert head.body == b""
    for name in ("Content-Type", "ETag", "Cache-Control"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("ending", TYPES)
def test_a_page_that_is_known_is_not_sent_again(
    catalogue: webtest.TestApp, page: str, ending: str
) -> None:
    tag = catalogue.get(page + ending).headers["ETag"]
    for encoding in ("gzip", "identity"):
        headers = {"If-None-Match": tag, "Accept-Encoding": encoding}
        assert catalogue.get(page + ending, headers=headers).status_code == 304
    other = {"If-None-Match": 'W/"0"'}
    assert catalogue.get(page + ending, headers=other).status_code == 200


def test_the_links_of_json_lead_through_all_pages_and_to_the_api(
    catalogue: webtest.TestApp,
) -> None:
    address = "http://localhost/v1/catalog/.json?sort=size&size=80"
    found: list[str] = []
    while address:
        page = catalogue.get(address).json
        assert page["links"]["self"] == address
        found += [record["id"] for record in page["records"]]
        last, address = page, page["links"].get("next")
    assert len(found) == len(set(found)) == len(make_records())
    assert last["links"]["prev"]
    records = catalogue.get(last["links"]["api"]).json["data"]
    assert [record["id"] for record in records] == found[:80]
    assert catalogue.get(last["links"]["html"]).content_type == "text/html"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_shared_link_shows_is_there(catalogue: webtest.TestApp, page: str) -> None:
    head = catalogue.get(page).html.head
    title = head.find("meta", property="og:title")["content"]
    assert head.title.text == f"{title} · BuildHub"
    assert head.find("meta", property="og:description")["content"]
    url = head.find("meta", property="og:url")["content"]
    assert (urlsplit(url).scheme, urlsplit(url).path) == ("http", page)


def test_no_request_is_offered_that_would_find_something_else(catalogue: webtest.TestApp) -> None:
    assert "api" in catalogue.get("/v1/catalog/.json?q=fr").json["links"]
    assert "api" not in catalogue.get("/v1/catalog/.json?q=fr+-beta").json["links"]
