"""Coverage as the jobs report it: the endpoint, the header, the heartbeat."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import webtest
from buildhub_schema import collection_metadata
from buildhub_schema.coverage import PAIRS, coverage_collection_id, coverage_metadata
from kinto_buildhub.coverage.completeness import CollectionCoverage
from kinto_buildhub.coverage.header import selected_values
from kinto_buildhub.request_hooks.heartbeat import KeptHeartbeat
from kinto_buildhub.search.index_names import IndexId

from tests.conftest import PUBLISHER_HEADERS, make_record

EARLY, LATE = "2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z"
ALL = {f"{product} {channel}": LATE for product, channel in PAIRS}


def read_each_time(app: webtest.TestApp) -> webtest.TestApp:
    """Have the application read coverage for each answer, however slow the machine is."""
    app.app.registry.buildhub_heartbeat = KeptHeartbeat(keep_seconds=0.0)
    cache = app.app.registry.buildhub_coverage
    cache.kept_seconds, cache.timeout_seconds = 0.0, 60.0
    return app


@pytest.fixture(scope="module")
def app(make_app: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return read_each_time(make_app())


def make_catalogue(app: webtest.TestApp, read: str = "system.Everyone") -> str:
    bucket = f"/v1/buckets/coverage-{uuid.uuid4().hex}"
    app.put_json(bucket, headers=PUBLISHER_HEADERS)
    for collection_id, data in (
        ("releases", collection_metadata()),
        (coverage_collection_id("releases"), coverage_metadata()),
    ):
        body = {"data": data, "permissions": {"read": [read]}}
        app.put_json(f"{bucket}/collections/{collection_id}", body, headers=PUBLISHER_HEADERS)
    return f"{bucket}/collections/releases"


@pytest.fixture
def path(app: webtest.TestApp) -> str:
    return make_catalogue(app)


def report_coverage(app: webtest.TestApp, path: str, moments: dict[str, str], **more: Any) -> None:
    """Write the coverage of pairs that are spelled ``firefox nightly``."""
    for pair, until in moments.items():
        product, channel = pair.split(" ")
        record = {"product": product, "channel": channel, "complete_until": until, **more}
        url = f"{path}-coverage/records/{product}_{channel}"
        app.put_json(url, {"data": record}, headers=PUBLISHER_HEADERS)


def test_before_any_run_nothing_is_known(app: webtest.TestApp, path: str) -> None:
    assert app.get(f"{path}/coverage").json == {"data": {"complete_until": None, "channels": []}}
    assert "Complete-Until" not in app.get(f"{path}/records").headers


def test_the_endpoint_shows_what_the_jobs_reported(app: webtest.TestApp, path: str) -> None:
    gaps = {
        "count": 1,
        "reasons": {"out-of-reach": 1},
        "examples": [{"path": "pub/firefox/nightly/", "reason": "out-of-reach"}],
    }
    newest = {"id": "20240531093105", "date": "2024-05-31T09:31:05Z"}
    reported = {"checked_until": LATE, "checked_by": "walk", "gaps": gaps, "newest_build": newest}
    report_coverage(app, path, {"firefox nightly": EARLY}, **reported)
    [channel] = app.get(f"{path}/coverage").json["data"]["channels"]
    assert channel.pop("last_modified") > 0
    assert channel == {
        "product": "firefox",
        "channel": "nightly",
        "complete_until": EARLY,
        "checked_until": LATE,
        "checked_by": "walk",
        "checked_in_full_until": None,
        "followed_until": None,
        "newest_build": newest,
        "gaps": gaps,
    }


def test_who_may_not_read_the_collection_learns_nothing(app: webtest.TestApp) -> None:
    path = make_catalogue(app, read="basicauth:nobody")
    assert app.get(f"{path}/coverage", status=401).json["code"] == 401
    assert "Complete-Until" not in app.get(f"{path}/records", status=401).headers


def test_a_collection_that_does_not_exist_is_not_found(app: webtest.TestApp, path: str) -> None:
    missing = path.replace("/releases", "/nothing")
    app.get(f"{missing}/coverage", headers=PUBLISHER_HEADERS, status=404)


def test_each_field_of_the_answer_is_described(app: webtest.TestApp, path: str) -> None:
    described = app.get("/v1/__api__").json
    route = "/buckets/{bucket_id}/collections/{collection_id}/coverage"
    text = described["paths"][route]["get"]["responses"]["200"]["description"]
    report_coverage(app, path, {"firefox nightly": EARLY})
    [channel] = app.get(f"{path}/coverage").json["data"]["channels"]
    assert [name for name in channel if f"`{name}`" not in text and name not in text] == []


NIGHTLY_LATE = ALL | {"thunderbird nightly": EARLY}

# A query string, and what it is complete until where only Thunderbird's nightlies are late.
SELECTIONS = [
    pytest.param("", EARLY, id="everything"),
    pytest.param("target.version=53.0", EARLY, id="a-filter-that-does-not-narrow"),
    pytest.param("source.product=firefox", LATE, id="another-product"),
    pytest.param('source.product="firefox"', LATE, id="in-quotes"),
    pytest.param("in_source.product=firefox,fennec", LATE, id="two-products"),
    pytest.param("in_source.product=firefox,thunderbird", EARLY, id="two-with-the-late-one"),
    pytest.param("source.product=thunderbird", EARLY, id="the-late-product"),
    pytest.param("target.channel=beta", LATE, id="another-channel"),
    pytest.param("target.channel=nightly", EARLY, id="the-late-channel"),
    pytest.param("source.product=thunderbird&target.channel=beta", LATE, id="both"),
    pytest.param("source.product=thunderbird&target.channel=odd", EARLY, id="unknown-channel"),
    pytest.param("not_source.product=thunderbird", EARLY, id="an-exclusion-does-not-narrow"),
    pytest.param("source.product=netscape", None, id="a-product-that-nobody-looks-for"),
]


@pytest.mark.parametrize(("query", "until"), SELECTIONS)
def test_an_answer_is_complete_until_the_earliest_time_of_what_it_selects(
    query: str, until: str | None
) -> None:
    reports = [
        {"product": p, "channel": c, "complete_until": when, "last_modified": 2e12}
        for pair, when in NIGHTLY_LATE.items()
        for p, c in [pair.split(" ")]
    ]
    pairs = [tuple(each.split("=")) for each in query.split("&") if each]
    selected = selected_values(pairs)  # type: ignore[arg-type]
    found = CollectionCoverage(reports).complete_until(
        selected.get("source.product"), selected.get("target.channel")
    )
    assert found == until


def test_lists_of_records_carry_the_header(app: webtest.TestApp, path: str) -> None:
    report_coverage(app, path, NIGHTLY_LATE)
    assert app.get(f"{path}/records").headers["Complete-Until"] == EARLY
    answer = app.head(f"{path}/records?source.product=firefox&build.id=20010101000000")
    assert (answer.headers["Total-Records"], answer.headers["Complete-Until"]) == ("0", LATE)
    unchanged = {"If-None-Match": app.get(f"{path}/records").headers["ETag"]}
    answer = app.get(f"{path}/records", headers=unchanged, status=304)
    assert answer.headers["Complete-Until"] == EARLY
    assert "Complete-Until" not in app.get(f"{path}/records?_limit=x", status=400).headers
    record = make_record()
    answer = app.post_json(f"{path}/records", {"data": record}, headers=PUBLISHER_HEADERS)
    assert "Complete-Until" not in answer.headers


def test_pages_of_other_origins_see_the_header(app: webtest.TestApp, path: str) -> None:
    report_coverage(app, path, ALL)
    answer = app.get(f"{path}/records", headers={"Origin": "https://elsewhere.example"})
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Complete-Until", "ETag"} <= {*exposed}
    assert len(exposed) == len({*exposed})


def test_where_one_part_was_never_complete_the_whole_is_not(
    app: webtest.TestApp, path: str
) -> None:
    part = {pair: until for pair, until in ALL.items() if pair != "fennec aurora"}
    report_coverage(app, path, part)
    assert app.get(f"{path}/coverage").json["data"]["complete_until"] is None
    assert "Complete-Until" not in app.get(f"{path}/records").headers
    assert app.get(f"{path}/records?source.product=firefox").headers["Complete-Until"] == LATE


def test_a_clock_that_is_ahead_claims_no_more_than_the_time_of_the_report(
    app: webtest.TestApp, path: str
) -> None:
    report_coverage(app, path, dict.fromkeys(ALL, "2999-01-01T00:00:00Z"))
    until = app.get(f"{path}/records").headers["Complete-Until"]
    reported = app.get(f"{path}/coverage").json["data"]["channels"]
    first = min(each["last_modified"] for each in reported)
    assert until == f"{datetime.fromtimestamp(first / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_a_catalogue_that_is_created_again_is_not_complete(app: webtest.TestApp, path: str) -> None:
    report_coverage(app, path, ALL)
    app.delete(path, headers=PUBLISHER_HEADERS)
    body = {"data": collection_metadata()}
    app.put_json(path, body, headers=PUBLISHER_HEADERS)
    answer = app.get(f"{path}/records", headers=PUBLISHER_HEADERS)
    assert (answer.json["data"], answer.headers.get("Complete-Until")) == ([], None)
    reported = app.get(f"{path}/coverage", headers=PUBLISHER_HEADERS).json["data"]
    assert reported == {"complete_until": None, "channels": []}


def test_a_search_is_complete_when_the_index_has_caught_up(
    make_app: Callable[..., webtest.TestApp], tmp_path: Path
) -> None:
    app = read_each_time(make_app(**{"kinto.search.path": str(tmp_path)}))
    registry = app.app.registry
    follower = registry.buildhub_search.follower
    try:
        path = make_catalogue(app)
        index = IndexId(path.split("/")[3], "releases")
        app.put_json(
            f"{path}/records/{make_record()['id']}",
            {"data": make_record()},
            headers=PUBLISHER_HEADERS,
        )
        newest = registry.buildhub_search.store.newest(index)
        assert follower.wait_for(index, newest, 20)
        report_coverage(app, path, ALL)
        for endpoint in ("search", "_search", "_count"):
            assert app.get(f"{path}/{endpoint}").headers["Complete-Until"] == LATE
        answer = app.get(f"{path}/search", headers={"Origin": "https://elsewhere.example"})
        assert "Complete-Until" in answer.headers["Access-Control-Expose-Headers"]
        follower.stop()
        late = make_record(id="firefox_beta_53-0b9_win32_fr", target__platform="win32")
        app.put_json(f"{path}/records/{late['id']}", {"data": late}, headers=PUBLISHER_HEADERS)
        report_coverage(app, path, dict.fromkeys(ALL, "2024-07-01T00:00:00Z"))
        assert app.get(f"{path}/records").headers["Complete-Until"] == "2024-07-01T00:00:00Z"
        answer = app.post_json(f"{path}/search", {})
        assert answer.json["hits"]["total"] == 1
        assert answer.headers["Complete-Until"] == LATE, "the index does not have the latest yet"
    finally:
        follower.stop()
        registry.buildhub_search.engine.close()


def test_the_heartbeat_is_degraded_past_the_age_and_stays_200(
    make_app: Callable[..., webtest.TestApp],
) -> None:
    name = f"{uuid.uuid4().hex}/releases"
    settings = {
        "kinto.buildhub.coverage_max_age_hours": "24",
        "kinto.buildhub.coverage_collections": name,
    }
    app = read_each_time(make_app(**settings))
    bucket = f"/v1/buckets/{name.partition('/')[0]}"
    assert app.get("/v1/__heartbeat__").json["coverage"] == {
        "status": "degraded",
        "max_age_hours": 24.0,
        "late": [f"{name}: no job has reported"],
    }
    app.put_json(bucket, headers=PUBLISHER_HEADERS)
    for collection_id in ("releases", "releases-coverage"):
        app.put_json(f"{bucket}/collections/{collection_id}", headers=PUBLISHER_HEADERS)
    path = f"{bucket}/collections/releases"
    fresh = f"{datetime.now(UTC) - timedelta(hours=23):%Y-%m-%dT%H:%M:%SZ}"
    old = f"{datetime.now(UTC) - timedelta(hours=25):%Y-%m-%dT%H:%M:%SZ}"
    report_coverage(app, path, {"firefox beta": fresh, "firefox nightly": old})
    assert app.get("/v1/__heartbeat__", status=200).json["coverage"] == {
        "status": "degraded",
        "max_age_hours": 24.0,
        "late": [f"{name}: firefox nightly is complete until {old}"],
    }
    report_coverage(app, path, {"firefox nightly": fresh})
    assert app.get("/v1/__heartbeat__").json["coverage"]["status"] == "ok"


def test_without_an_age_the_heartbeat_does_not_mention_it(app: webtest.TestApp) -> None:
    assert "coverage" not in app.get("/v1/__heartbeat__").json
