"""``/v1/latest`` over the real app: the newest build, as a redirect, a record and lists."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.catalog.builds import make_build
from tests.server.latest.builds import make_builds

LATEST = "/v1/latest"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return make_catalogue(make_builds())


def version(app: webtest.TestApp, path: str) -> str:
    """Return version and build ID of the newest build."""
    record = app.get(f"{LATEST}/{path}", headers=JSON).json["data"]
    return f"{record['target']['version']} {record['build'].get('id', 'unknown')[:8]}"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("firefox/release/win64/fr", "54.0 20170608", id="not-what-was-built-last"),
        pytest.param("firefox/beta/win64/fr", "55.0b10 20170720", id="ten-is-more-than-nine"),
        pytest.param("firefox/nightly/win64/en-US", "56.0a1 20170801", id="highest-build-id"),
        pytest.param("firefox/esr/win64/fr", "45.9.0esr 20170412", id="esr"),
        pytest.param("firefox/esr-next/win64/fr", "52.1.0esr 20170412", id="esr-next"),
        pytest.param("firefox/devedition/win64/fr", "55.0b9 20170718", id="devedition-a-channel"),
        pytest.param("devedition/devedition/win64/fr", "55.0b9 20170718", id="of-its-own"),
        pytest.param("devedition/aurora/win64/fr", "55.0b9 20170718", id="devedition-as-recorded"),
        pytest.param("firefox/release/win64/sk", "54.0 unknown", id="without-a-build-id"),
        pytest.param(
            "firefox/release/win64/sk?before=2017-04-14", "54.0 unknown", id="written-before"
        ),
        pytest.param("firefox/release/win32/fr", "53.0 20170413", id="a-platform-that-ended"),
        pytest.param("firefox/beta/linux64/fr", "55.0b9 20170718", id="linux64"),
        pytest.param("firefox/beta/linux/fr", "55.0b8 20170714", id="linux"),
        pytest.param("firefox/release/win/fr", "53.0 20170413", id="win"),
        pytest.param("firefox/release/osx/fr", "54.0 20170608", id="osx"),
        pytest.param("Firefox/RELEASE/WIN64/FR", "54.0 20170608", id="any-case"),
        pytest.param("firefox/nightly/win64/en-us", "56.0a1 20170801", id="locale-in-any-case"),
        pytest.param("firefox/release/win64/fr?before=2017-06-01", "53.0 20170413", id="before"),
        pytest.param(
            "firefox/nightly/win64/en-US?before=2017-06-01", "55.0a1 20170531", id="nightly-before"
        ),
        pytest.param(
            "firefox/nightly/win64/en-US?before=20170601030204", "55.0a1 20170531", id="build-id"
        ),
        pytest.param(
            "firefox/nightly/win64/en-US?before=2017-06-01T03:02:05Z", "55.0a1 20170601", id="time"
        ),
        pytest.param(
            "firefox/esr/win64/fr?before=2017-03-01", "45.7.0esr 20170117", id="esr-before"
        ),
    ],
)
def test_the_newest_build_of(catalogue: webtest.TestApp, path: str, found: str) -> None:
    assert version(catalogue, path) == found


def test_it_leads_to_the_file_at_an_address_that_clients_take(catalogue: webtest.TestApp) -> None:
    for headers in (
        {},
        {"Accept": "*/*"},
        {"Accept": "text/html,application/json;q=0.9,*/*;q=0.8"},
    ):
        response = catalogue.get(f"{LATEST}/firefox/release/win64/fr", headers=headers, status=302)
        assert response.headers["Location"] == (
            "https://archive.mozilla.org/pub/firefox/releases/54.0/win64/fr/Firefox%20Setup%2054.0.exe"
        )
        assert response.headers["Cache-Control"] == "no-cache"
        assert "Accept" in response.vary
    head = catalogue.head(f"{LATEST}/firefox/release/win64/fr", status=302)
    assert (head.headers["Location"], head.body) == (response.headers["Location"], b"")


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/json, */*;q=0.5", "application/json, text/plain, */*"],
)
def test_the_record_is_sent_to_whoever_asks_for_json(
    catalogue: webtest.TestApp, accept: str
) -> None:
    response = catalogue.get(f"{LATEST}/firefox/release/win64/fr", headers={"Accept": accept})
    bucket_id, collection_id = catalogue.app.registry.buildhub_catalog_collection
    record = response.json["data"]
    stored = f"/v1/buckets/{bucket_id}/collections/{collection_id}/records/{record['id']}"
    assert record == catalogue.get(stored).json["data"]
    assert response.json["url"] == record["download"]["url"].replace(" ", "%20")
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Accept" in response.vary
    known = {"Accept": accept, "If-None-Match": response.headers["ETag"]}
    assert catalogue.get(f"{LATEST}/firefox/release/win64/fr", headers=known).status_code == 304


def test_a_batch_gets_the_record(catalogue: webtest.TestApp) -> None:
    path = f"{LATEST}/firefox/release/win64/fr"
    missing = f"{LATEST}/firefox/release/win64/xx"
    batch = {"requests": [{"path": path}, {"path": missing}]}
    found, refused = catalogue.post_json("/v1/batch", batch).json["responses"]
    assert (found["status"], found["body"]) == (200, catalogue.get(path, headers=JSON).json)
    assert (refused["status"], refused["body"]["errno"]) == (404, 111)


def test_other_origins_may_read_it(catalogue: webtest.TestApp) -> None:
    origin = {"Origin": "https://example.com"}
    path = f"{LATEST}/firefox/release/win64/fr"
    response = catalogue.get(path, headers=origin | JSON)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", origin["Origin"])
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    asked = origin | {"Access-Control-Request-Method": "GET"}
    assert catalogue.options(path, headers=asked).status_code == 200
    for change in (catalogue.post, catalogue.put, catalogue.delete):
        assert change(path, status=405).json["errno"] == 115


def test_a_channel_is_listed_by_platform_and_locale(catalogue: webtest.TestApp) -> None:
    response = catalogue.get(f"{LATEST}/firefox/release")
    for platform, locales in response.json["data"].items():
        for locale, found in locales.items():
            one = catalogue.get(f"{LATEST}/firefox/release/{platform}/{locale}", headers=JSON).json
            assert found == {"record": one["data"], "url": one["url"]}
    assert {*response.json["data"]} == {"win64", "win32", "macosx", "win64-aarch64"}
    assert {*response.json["data"]["win64"]} == {"fr", "de", "sk"}
    etag = {"If-None-Match": response.headers["ETag"]}
    assert catalogue.get(f"{LATEST}/firefox/release", headers=etag).status_code == 304
    older = catalogue.get(f"{LATEST}/firefox/esr-next?before=2017-04-01").json["data"]
    assert older["win64"]["fr"]["record"]["target"]["version"] == "52.0esr"


def test_products_and_channels_are_listed(catalogue: webtest.TestApp) -> None:
    found = catalogue.get(LATEST).json["data"]
    channels = {
        product: {name: each["version"] for name, each in channels.items()}
        for product, channels in found.items()
    }
    assert channels == {
        "firefox": {
            "release": "54.0",
            "beta": "55.0b10",
            "esr": "45.9.0esr",
            "esr-next": "52.1.0esr",
            "nightly": "56.0a1",
        },
        "devedition": {"aurora": "55.0b9"},
    }
    assert catalogue.get(f"{LATEST}/firefox").json["data"] == found["firefox"]
    for each in found["firefox"].values():
        assert catalogue.get(each["url"]).json["data"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("firefix/release/win64/fr", ("no product 'firefix'", "Is 'firefox' meant")),
        ("firefox/betta/win64/fr", ("firefox has no channel 'betta'", "'beta'")),
        ("firefox/release/linux65/fr", ("no platform 'linux65'", "win64-aarch64")),
        ("firefox/beta/linux65/fr", ("no platform 'linux65'", "Is 'linux64' meant")),
        ("firefox/release/win64/xx", ("firefox release win64 has no locale 'xx'", "de, fr, sk")),
        ("devedition/release/win64/fr", ("devedition has no channel 'release'", "aurora")),
        ("devedition/esr-next/win64/fr", ("devedition has no channel 'esr'",)),
        ("firefox/esr-next/win64/fr?before=2017-01-01", ("no esr-next", "45.5.0esr")),
        ("firefox/esr-next/win32/fr", ("firefox esr-next has no platform 'win32'", "are: win64.")),
        (
            "firefox/release/win64/fr?before=2001-01-01",
            ("firefox release win64 fr", "before 2001-01-01"),
        ),
        ("firefox/release/win64/de-hostile", ("no locale",)),
        ("firefox/sideways", ("no channel 'sideways'",)),
        ("netscape", ("no product 'netscape'", "devedition, firefox")),
        (f"firefox/{'a' * 3000}", ("no channel",)),
        ("firefox/nightly/win64", ("3 parts are no", "/{platform}/{locale} has the newest build")),
        ("firefox/nightly/win64/fr/mar", ("5 parts are no", "{product}/{channel} has those of al")),
        ("a/b/c/d/e/f", ("6 parts are no address of builds",)),
        ("%3Cscript%3E/%F0%9F%A6%8A", ("no product '<script>'",)),
    ],
)
def test_what_there_is_not_is_named_with_what_there_is(
    catalogue: webtest.TestApp, path: str, words: tuple[str, ...]
) -> None:
    for headers in ({}, JSON):
        answer = catalogue.get(f"{LATEST}/{path}", headers=headers, status=404)
        assert answer.json["errno"] == 111
        for each in words:
            assert each in answer.json["message"]


@pytest.mark.parametrize("path", ["", "/firefox", "/firefox/beta", "/firefox/beta/win64/fr"])
@pytest.mark.parametrize(
    ("query", "words"),
    [("before=yesterday", "before in querystring: expected a day"), ("since=1", "since in quer")],
)
def test_bad_parameters_are_refused(
    catalogue: webtest.TestApp, path: str, query: str, words: str
) -> None:
    answer = catalogue.get(f"{LATEST}{path}?{query}", status=400).json
    assert (answer["errno"], answer["message"][: len(words)]) == (107, words)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "no address", "https://["])
def test_it_leads_nowhere_but_to_the_web(
    make_catalogue: Callable[..., webtest.TestApp], url: str
) -> None:
    app = make_catalogue([make_record(download__url=url)])
    path = f"{LATEST}/firefox/beta/linux-x86_64/fr"
    assert "no web address" in app.get(path, status=404).json["message"]
    assert app.get(path, headers=JSON).json["data"]["download"]["url"] == url


def test_a_newer_build_takes_the_place_of_an_older_one_and_back(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue([make_build("53.0b9", "win64", "fr", channel="beta")])
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    newer: dict[str, Any] = make_build("53.0b10", "win64", "fr", channel="beta")
    stored = f"/v1/buckets/{bucket_id}/collections/{collection_id}/records/{newer['id']}"
    path = "firefox/beta/win64/fr"
    assert version(app, path) == "53.0b9 20170403"
    app.put_json(stored, {"data": newer}, headers=PUBLISHER_HEADERS)
    assert version(app, path) == "53.0b10 20170403"
    app.delete(stored, headers=PUBLISHER_HEADERS)
    assert version(app, path) == "53.0b9 20170403"


def test_completeness_is_that_of_the_channel(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue([make_build("53.0b9", "win64", "fr", channel="beta")])
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    coverage = f"/v1/buckets/{bucket_id}/collections/{collection_id}-coverage"
    app.put(coverage, headers=PUBLISHER_HEADERS)
    report = {"product": "firefox", "channel": "beta", "complete_until": "2017-05-01T00:00:00Z"}
    app.put_json(f"{coverage}/records/firefox_beta", {"data": report}, headers=PUBLISHER_HEADERS)
    app.app.registry.buildhub_coverage.kept_seconds = 0
    for path, status in (("beta/win64/fr", 302), ("beta/win64/xx", 404), ("beta", 200)):
        response = app.get(f"{LATEST}/firefox/{path}", status=status)
        assert response.headers["Complete-Until"] == "2017-05-01T00:00:00Z"
    assert "Complete-Until" not in app.get(LATEST).headers


def test_while_search_is_down_it_says_when_to_try_again(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue([make_record()])
    search = app.app.registry.buildhub_search
    search._engine, engine = None, search.engine
    try:
        for path in ("", "/firefox", "/firefox/beta", "/firefox/beta/linux64/fr"):
            response = app.get(f"{LATEST}{path}", status=503)
            assert response.json["errno"] == 201
            assert int(response.headers["Retry-After"]) > 0
    finally:
        search._engine = engine
