"""Every error at the pages' addresses is a page, in the format that was asked for."""

from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
import webtest
from kinto.core.storage.exceptions import BackendError

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import make_collection, search_of

RECORD = make_record()
ENDINGS = {
    "": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
    ".atom": "application/atom+xml",
}


@pytest.fixture(scope="module")
def broken(make_catalogue: Callable[..., webtest.TestApp]) -> Iterator[webtest.TestApp]:
    """A catalogue whose search is switched off; its records are still there."""
    app = make_catalogue([RECORD])
    search = search_of(app)
    engine, search._engine = search._engine, None
    yield app
    search._engine = engine


@pytest.fixture(scope="module")
def private(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue that only its owner may read."""
    app = make_catalogue([])
    path = make_collection(app, read=())
    app.app.registry.buildhub_catalog_collection = tuple(path.split("/")[3::2])
    return app


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("/v1/catalog/nothing/here", 404, id="no-such-page"),
        pytest.param("/v1/catalog/builds/firefox", 400, id="no-build-id"),
        pytest.param("/v1/catalog/builds/19990101000000", 404, id="unknown-build"),
        pytest.param("/v1/catalog/records/nothing", 404, id="unknown-record"),
        pytest.param("/v1/catalog/records/%ff%fe", 400, id="no-text"),
        pytest.param("/v1/catalog/badges/%ff/x", 400, id="no-text-nor-page"),
        pytest.param("/v1/catalog/records/%00", 400, id="zero-byte"),
    ],
)
def test_an_error_has_the_format_of_its_address(
    catalogue: webtest.TestApp, address: str, status: int, ending: str
) -> None:
    check_error(catalogue.get(address + ending, status=status), ending)


def check_error(response: webtest.TestResponse, ending: str) -> None:
    assert response.content_type == ENDINGS[ending]
    if ending == "":
        assert response.html.h1.text.strip()
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    elif ending == ".json":
        assert response.json["code"] == response.status_code
        assert {"errno", "error", "message"} <= response.json.keys()
    elif ending == ".atom":
        ElementTree.fromstring(response.body)
    else:
        assert response.text.startswith("error\r\n")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_private_catalogue_asks_for_a_login(private: webtest.TestApp, ending: str) -> None:
    response = private.get(f"/v1/catalog/{ending}", status=401)
    assert response.headers["WWW-Authenticate"].startswith("Basic")
    check_error(response, ending)
    private.get(f"/v1/catalog/{ending}", headers=PUBLISHER_HEADERS, status=200)


def test_a_private_catalogue_and_one_that_is_not_there_look_the_same(
    private: webtest.TestApp,
) -> None:
    pages = [private.get("/v1/catalog/", status=401).html.main.text]
    registry = private.app.registry
    kept = registry.buildhub_catalog_collection
    registry.buildhub_catalog_collection = ("nothing", "here")
    pages.append(private.get("/v1/catalog/", status=401).html.main.text)
    registry.buildhub_catalog_collection = kept
    assert pages[0] == pages[1]
    assert "it may not exist yet: buildhub init creates it" in pages[0]


@pytest.mark.parametrize("ending", ENDINGS)
def test_head_of_an_error_has_its_status_and_no_body(
    catalogue: webtest.TestApp, ending: str
) -> None:
    for address in ("/v1/catalog/nothing/here", "/v1/catalog/records/nothing"):
        response = catalogue.head(address + ending, status=404)
        assert (response.content_type, response.body) == (ENDINGS[ending], b"")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_private_catalogue_refuses_others(private: webtest.TestApp, ending: str) -> None:
    headers = {"Authorization": "Basic c29tZWJvZHk6ZWxzZQ=="}
    check_error(private.get(f"/v1/catalog/{ending}", headers=headers, status=403), ending)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("address", ["/v1/catalog/", "/v1/catalog/records/record-001"])
def test_pages_are_only_read(catalogue: webtest.TestApp, method: str, address: str) -> None:
    response = catalogue.request(address, method=method, status=405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    check_error(response, "")


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        pytest.param(
            "/v1/catalog/?product=firefox&locale=fr&locale=de&from=2017-04-01&to=2017-04-30",
            "records?source.product=firefox&in_target.locale=fr%2Cde&"
            "min_download.date=2017-04-01&max_download.date=2017-04-30T23%3A59%3A59Z&"
            "_sort=-download.date&_limit=50",
            id="facets-and-days",
        ),
        pytest.param(
            "/v1/catalog/builds/20170403083344",
            "records?build.id=20170403083344",
            id="build",
        ),
    ],
)
def test_while_search_is_down_the_records_api_is_offered(
    broken: webtest.TestApp, address: str, asked: str
) -> None:
    page = broken.get(address, status=503)
    assert page.headers["Retry-After"] == "3600"
    assert "Search is switched off" in page.html.main.text
    (link,) = [each["href"] for each in page.html.main("a") if "/records?" in each["href"]]
    assert link.endswith(asked)
    assert [record["id"] for record in broken.get(link).json["data"]] == [RECORD["id"]]
    path, mark, query = address.partition("?")
    json = broken.get(f"{path}.json{mark}{query}", status=503).json
    assert (json["code"], json["errno"], json["links"]["api"]) == (503, 201, link)


def test_words_that_only_search_understands_are_named(broken: webtest.TestApp) -> None:
    page = broken.get("/v1/catalog/?q=firefox+20170403083344", status=503)
    assert "Left out: firefox" in page.html.main.text
    (link,) = [each["href"] for each in page.html.main("a") if "/records?" in each["href"]]
    assert "build.id=20170403083344" in link
    json = broken.get("/v1/catalog/.json?q=firefox+20170403083344", status=503).json
    assert (json["left_out"], json["links"]["api"]) == (["firefox"], link)


def test_what_makes_no_sense_is_refused_while_search_is_down_too(broken: webtest.TestApp) -> None:
    page = broken.get("/v1/catalog/.json?q=" + "fr+" * 65, status=400)
    assert "65 words" in page.json["message"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("q=" + "fr+" * 65, ("fr " * 65).strip(), id="too-many-words"),
        pytest.param("q=%22%3E%3Cscript%3E&sort=nothing", '"><script>', id="wrong-sort"),
        pytest.param("q=fr&q=de", "fr", id="given-twice"),
        pytest.param("sort=nothing", "", id="no-text"),
        pytest.param("q=%ff", "", id="no-utf-8"),
    ],
)
def test_the_box_keeps_the_text_that_cannot_be_answered(
    catalogue: webtest.TestApp, query: str, shown: str
) -> None:
    page = catalogue.get(f"/v1/catalog/?{query}", status=400).html
    assert page.find(id="box")["value"] == shown


def test_the_box_keeps_the_text_while_search_is_down(broken: webtest.TestApp) -> None:
    page = broken.get("/v1/catalog/?q=firefox+54", status=503).html
    assert page.find(id="box")["value"] == "firefox 54"


def test_a_record_is_shown_while_search_is_down(broken: webtest.TestApp) -> None:
    assert broken.get(f"/v1/catalog/records/{RECORD['id']}.json").json["record"]["id"]


def test_a_broken_database_is_a_page_too(
    catalogue: webtest.TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise BackendError(original=OSError("refused"))

    monkeypatch.setattr(catalogue.app.registry.storage, "get", fail)
    for ending in ENDINGS:
        response = catalogue.get(f"/v1/catalog/records/record-001{ending}", status=503)
        assert int(response.headers["Retry-After"]) > 0
        check_error(response, ending)
