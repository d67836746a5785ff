"""The page of a product over the real app: channels, releases, sizes, what is missing."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest
from buildhub_schema.release_history import releases_by_version

from tests.conftest import PUBLISHER_HEADERS
from tests.server.catalog.builds import make_build, make_builds

FIREFOX = "/v1/catalog/products/firefox"
HOSTILE = """1.0"><script>alert('1')</script>&\u202e=cmd"""
LISTED = releases_by_version()["firefox", "53.0b9"].locales or ()

MEGABYTE = 1_000_000


def make_records() -> list[dict[str, Any]]:
    sizes = [
        ("3.5", "win32", 8 * MEGABYTE, "20090624000000"),
        ("3.6", "win32", 9 * MEGABYTE, "20100115000000"),
        ("3.6.1", "win32", 10 * MEGABYTE, "20100215000000"),
        ("53.0", "win32", 40 * MEGABYTE, "20170413000000"),
        ("53.0", "win32-eme-free", 39 * MEGABYTE, "20170413000000"),
        ("53.0", "macosx", 60 * MEGABYTE, "20170413000000"),
        ("53.0.2", "win32", 41 * MEGABYTE, "20170504000000"),
    ]
    return [
        *(
            make_build(version, platform, "en-US", build_id=build_id, download__size=size_bytes)
            for version, platform, size_bytes, build_id in sizes
        ),
        *make_builds("53.0b9", "win32", {*LISTED} - {"ja-JP-mac", "fr"}, channel="beta"),
        *make_builds("300.0", "win32", ("en-US", "fr"), build_id="20400101000000"),
        *make_builds("301.0", "win32", ("en-US",), build_id="20400201000000"),
        make_build("302.0rc1", "win32", "en-US", build_id="20400301000000", target__candidate=1),
        make_build("303.0a1", "win32", "fr", build_id="20400302000000", channel="nightly"),
        make_build("303.0a1", "win32", "fr", build_id="20400303000000", channel="nightly"),
        make_build("303.0a1", "win32", "de", build__id=None, build__date=None, channel="nightly"),
        make_build(HOSTILE, "win32", "en-US", build_id="20050101000000", channel="esr"),
        make_build("60.0b3", "win64", "en-US", product="devedition", channel="aurora"),
    ]


@pytest.fixture(scope="module")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return make_catalogue(make_records())


def test_channels_have_their_newest_build_and_no_candidates(catalogue: webtest.TestApp) -> None:
    channels = catalogue.get(f"{FIREFOX}.json").json["channels"]
    found = [(each["name"], each["build_id"], each["version"]) for each in channels]
    assert found == [
        ("release", "20400201000000", "301.0"),
        ("beta", "20170403075439", "53.0b9"),
        ("esr", "20050101000000", HOSTILE),
        ("nightly", "20400303000000", "303.0a1"),
    ]
    assert channels[-1]["total"] == 3


def test_releases_have_their_real_day_newest_first(catalogue: webtest.TestApp) -> None:
    releases = catalogue.get(f"{FIREFOX}.json").json["releases"]
    assert [(each["version"], each["day"]) for each in releases] == [
        ("301.0", "2040-02-01"),
        ("300.0", "2040-01-01"),
        ("53.0.2", "2017-05-05"),
        ("53.0", "2017-04-19"),
        ("53.0b9", "2017-04-04"),
        ("3.6.1", "2010-02-15"),
        ("3.6", "2010-01-21"),
        ("3.5", "2009-06-30"),
        (HOSTILE, "2005-01-01"),
    ]


def test_what_the_newest_releases_lack_is_what_their_own_pages_say(
    catalogue: webtest.TestApp,
) -> None:
    newest = catalogue.get(f"{FIREFOX}.json").json["newest_releases"]
    counts = {each["version"]: (each["total"], each["missing"]) for each in newest}
    assert counts["301.0"] == (1, 1)
    assert counts["53.0b9"] == (len(LISTED) - 2, 1)
    for version in ("301.0", "300.0", "53.0", "53.0b9", "3.6.1"):
        page = catalogue.get(f"/v1/catalog/versions/firefox/{version}.json").json
        assert counts[version] == (page["total"], len(page["gaps"]))


def test_sizes_are_of_the_first_release_of_each_major_version(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(f"{FIREFOX}.json").json
    assert [(each["version"], each["size_bytes"]) for each in page["installer_sizes"]][2:] == [
        ("53.0", {"macosx": 60 * MEGABYTE, "win32": 40 * MEGABYTE}),
        ("3.6", {"win32": 9 * MEGABYTE}),
        ("3.5", {"win32": 8 * MEGABYTE}),
    ]


def test_a_product_without_releases_is_measured_on_its_other_channel(
    catalogue: webtest.TestApp,
) -> None:
    page = catalogue.get("/v1/catalog/products/devedition.json").json
    assert [each["version"] for each in page["installer_sizes"]] == ["60.0b3"]


def test_the_page_shows_plots_and_the_same_as_tables(catalogue: webtest.TestApp) -> None:
    html = catalogue.get(FIREFOX).html
    lanes = [each.text for each in html.select(".timeline-plot .plot-lane")]
    assert lanes == ["beta", "esr", "release"]
    events = {each["aria-label"]: each["href"] for each in html.select(".timeline-plot a")}
    assert events["53.0b9: 2017-04-04"] == "/v1/catalog/versions/firefox/53.0b9"
    assert len(html.select(".line-plot polyline")) == 2
    assert [each.text.strip() for each in html.select(".plot-legend li")] == ["macosx", "win32"]
    cells = [each.text for each in html.select("details table tbody tr")[2].find_all("td")]
    assert cells == ["19 Apr 2017", "60.0 MB", "40.0 MB"]
    link = html.find("a", string=lambda text: text == "303.0a1")
    assert link["href"] == "/v1/catalog/versions/firefox/303.0a1"


def test_the_feed_has_the_releases(catalogue: webtest.TestApp) -> None:
    text = catalogue.get(f"{FIREFOX}.atom").text
    assert text.index("firefox 301.0") < text.index("firefox 300.0") < text.index("firefox 53.0.2")
    assert "/v1/catalog/versions/firefox/301.0" in text


def test_the_table_has_a_row_for_each_release(catalogue: webtest.TestApp) -> None:
    lines = catalogue.get(f"{FIREFOX}.csv").text.splitlines()
    assert lines[:2] == [
        "product,version,channel,day,builds,expected,missing",
        "firefox,301.0,release,2040-02-01,1,2,1",
    ]
    assert len(lines) == 1 + 9


def test_completeness_is_what_the_jobs_have_reported(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue(make_builds("300.0", "win32", ("en-US",)))
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    coverage = f"/v1/buckets/{bucket_id}/collections/{collection_id}-coverage"
    app.put(coverage, headers=PUBLISHER_HEADERS)
    gaps = {"count": 2, "reasons": {"no_metadata": 2}, "examples": []}
    report = {"product": "firefox", "channel": "release", "gaps": gaps}
    report["complete_until"] = "2017-05-01T00:00:00Z"
    app.put_json(f"{coverage}/records/firefox_release", {"data": report}, headers=PUBLISHER_HEADERS)
    app.app.registry.buildhub_coverage.kept_seconds = 0
    (channel,) = app.get(f"{FIREFOX}.json").json["channels"]
    assert channel["complete_until"] == "2017-05-01T00:00:00Z"
    assert channel["unsettled"] == {"no_metadata": 2}
    row = app.get(FIREFOX).html.select_one("table tbody tr").text
    assert "no_metadata: 2" in row
    assert "1 May 2017" in row


@pytest.mark.parametrize("suffix", ["", ".json", ".csv", ".atom"])
def test_a_covered_product_may_have_no_builds_yet(catalogue: webtest.TestApp, suffix: str) -> None:
    response = catalogue.get(f"/v1/catalog/products/thunderbird{suffix}")
    if suffix == ".json":
        assert (response.json["total"], response.json["channels"]) == (0, [])


def test_a_product_that_is_not_covered_leads_to_those_that_are(catalogue: webtest.TestApp) -> None:
    response = catalogue.get("/v1/catalog/products/netscape", status=404)
    assert "Not covered by the catalogue: netscape." in response.text
    hrefs = [link["href"] for link in response.html.select("main li a")]
    assert hrefs[0] == FIREFOX
    hostile = catalogue.get("/v1/catalog/products/%3Cscript%3Ealert(1)", status=404)
    assert "<script>alert" not in hostile.text


def test_a_query_string_is_refused(catalogue: webtest.TestApp) -> None:
    response = catalogue.get(f"{FIREFOX}.json?channel=beta", status=400)
    assert "There is no parameter 'channel'" in response.json["message"]


def test_hostile_names_are_text(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(FIREFOX)
    assert HOSTILE in page.html.main.text
    assert "<script>alert" not in page.text
