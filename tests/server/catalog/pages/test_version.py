"""The page of a version over the real app: what exists, what is missing, in all formats."""

import gzip
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import webtest
from buildhub_schema.products import PRODUCT_NAMES
from buildhub_schema.release_history import releases_by_version
from kinto_buildhub.catalog.searches import versions

from tests.server.catalog.builds import make_build, make_builds

HOSTILE = """1.0"><script>alert('1')</script>&\u202e=cmd"""

DASH = "\N{EN DASH}"
LISTED = releases_by_version()["firefox", "53.0b9"].locales or ()


def make_records() -> list[dict[str, Any]]:
    beta = {"channel": "beta"}
    nightly = {"channel": "nightly"}
    return [
        *make_builds("53.0b9", "linux-x86_64", {*LISTED} - {"ja-JP-mac", "fr", "zh-CN"}, **beta),
        *make_builds("53.0b9", "macosx", {*LISTED} - {"ja", "ja-JP-mac", "fr"}, **beta),
        *make_builds("300.0", "win32", ("en-US", "fr", "ja")),
        *make_builds("301.0", "win32", ("en-US", "ja")),
        *make_builds("301.0", "macosx", ("en-US", "de", "ja-JP-mac")),
        *make_builds("301.0rc1", "win32", ("en-US",), target__candidate=1),
        *make_builds(
            "302.0rc1", "win32", ("en-US",), target__candidate=1, build_id="20170501000000"
        ),
        *make_builds(
            "302.0rc2", "win32", ("en-US",), target__candidate=2, build_id="20170502000000"
        ),
        make_build("303.0a1", "win32", "en-US", build_id="20170501100000", **nightly),
        make_build("303.0a1", "win32", "en-US", build_id="20170502100000", **nightly),
        make_build("303.0a1", "win32", "fr", build_id="20170502100000", **nightly),
        make_build("303.0a1", "linux-x86_64", "en-US", build_id="20170502100000", **nightly),
        make_build("126.0", "android-x86", "multi", product="thunderbird-android"),
        make_build("126.0", "android-x86", "multi", product="fennec"),
        make_build(HOSTILE, "win32", HOSTILE),
    ]


@pytest.fixture(scope="module")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return make_catalogue(make_records())


def address(version: str, suffix: str = "", product: str = "firefox") -> str:
    return f"/v1/catalog/versions/{product}/{quote(version, safe='')}{suffix}"


def gaps_of(catalogue: webtest.TestApp, version: str) -> list[tuple[str, str, str]]:
    gaps = catalogue.get(address(version, ".json")).json["gaps"]
    return [(gap["platform"], gap["locale"], gap["authority"]) for gap in gaps]


def test_what_a_list_names_and_is_not_there_is_missing(catalogue: webtest.TestApp) -> None:
    own = "release's own list"
    assert gaps_of(catalogue, "53.0b9") == [
        ("linux-x86_64", "fr", own),
        ("linux-x86_64", "zh-CN", own),
        ("macosx", "fr", own),
        ("macosx", "ja-JP-mac", own),
    ]


def test_without_a_list_platforms_and_the_version_before_are_the_authority(
    catalogue: webtest.TestApp,
) -> None:
    assert gaps_of(catalogue, "301.0") == [
        ("macosx", "fr", "300.0"),
        ("win32", "de", "other platforms of 301.0"),
        ("win32", "fr", "300.0"),
    ]
    assert gaps_of(catalogue, "302.0rc2") == []


def test_the_json_says_what_exists_and_what_should(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address("53.0b9", ".json")).json
    assert page["released"] == "2017-04-04"
    assert page["channels"] == ["beta"]
    assert page["platforms"] == ["linux-x86_64", "macosx"]
    assert page["build_ids"] == [
        {"value": "20170403075439", "count": page["total"], "published": "2017-04-03T07:54:39Z"}
    ]
    assert page["total"] == len(page["builds"]) == 2 * len(LISTED) - 6
    expected = {(platform, each) for platform, all_ in page["expected"].items() for each in all_}
    there = {(each["platform"], each["locale"]) for each in page["builds"]}
    missing = {(gap["platform"], gap["locale"]) for gap in page["gaps"]}
    assert expected == there | missing
    assert not there & missing


def test_a_build_leads_to_its_record_and_several_to_a_search(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address("303.0a1"))
    links = {link["aria-label"]: link["href"] for link in page.html.select(".matrix a")}
    assert links["fr, win32"].endswith("/catalog/records/firefox-20170502100000-303-0a1-win32-fr")
    assert links["2 builds, en-US, win32"].endswith(
        "/catalog/?product=firefox&version=303.0a1&platform=win32&locale=en-US"
    )
    assert page.html.select_one(".is-missing").text == "missing"
    data = catalogue.get(address("303.0a1", ".json")).json
    assert [each["value"] for each in data["build_ids"]] == ["20170502100000", "20170501100000"]


def test_a_version_with_very_many_records_leads_to_searches_only(
    catalogue: webtest.TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MOST_RECORDS", 3)
    hrefs = [link["href"] for link in catalogue.get(address("303.0a1")).html.select(".matrix a")]
    assert len(hrefs) == 3
    assert all("/catalog/?product=firefox&version=303.0a1&" in href for href in hrefs)


def test_candidates_are_apart_from_what_was_shipped(catalogue: webtest.TestApp) -> None:
    shipped = catalogue.get(address("301.0", ".json")).json
    assert shipped["candidates"] == [{"version": "301.0rc1", "count": 1}]
    assert (shipped["total"], shipped["is_candidate"]) == (5, False)
    candidate = catalogue.get(address("302.0rc2", ".json")).json
    assert candidate["is_candidate"]
    assert (candidate["before"], candidate["after"]) == ("302.0rc1", None)


def test_neighbours_are_of_the_same_channel(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address("301.0", ".json")).json
    assert (page["before"], page["after"]) == ("300.0", None)
    html = catalogue.get(address("301.0")).html
    assert html.find("a", rel="prev")["href"] == address("300.0")


def test_the_matrix_is_a_table_with_headers_for_rows_and_columns(
    catalogue: webtest.TestApp,
) -> None:
    table = catalogue.get(address("301.0")).html.select_one("table.matrix")
    assert table.caption is not None
    columns = [each.text for each in table.thead.find_all("th", scope="col")]
    assert columns == ["Locale", "macosx", "win32"]
    rows = {each.th.text: [cell.text for cell in each.find_all("td")] for each in table.tbody("tr")}
    assert rows == {
        "de": ["✓", "missing"],
        "en-US": ["✓", "✓"],
        "fr": ["missing", "missing"],
        "ja": [DASH, "✓"],
        "ja-JP-mac": ["✓", DASH],
    }


def test_each_platform_says_how_much_of_the_expected_is_there(catalogue: webtest.TestApp) -> None:
    table = catalogue.get(address("301.0")).html.select_one("table.matrix")
    assert [each.text for each in table.tfoot.find_all("td")] == ["3 of 4", "2 of 4"]


def test_only_rows_with_something_missing(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address("301.0") + "?show=missing")
    assert [each.text for each in page.html.select(".matrix tbody th")] == ["de", "fr"]


@pytest.mark.parametrize(
    ("query", "message"),
    [("show=none", "'show' is 'none'"), ("shown=all", "There is no parameter 'shown'")],
)
def test_an_address_that_makes_no_sense_is_refused_by_name(
    catalogue: webtest.TestApp, query: str, message: str
) -> None:
    response = catalogue.get(f"{address('301.0', '.json')}?{query}", status=400)
    assert message in response.json["message"]


def test_the_table_has_what_exists_and_what_is_missing(catalogue: webtest.TestApp) -> None:
    lines = catalogue.get(address("301.0", ".csv")).text.splitlines()
    assert lines[0] == "product,version,platform,locale,builds,record,expected_by"
    assert "firefox,301.0,win32,fr,0,,300.0" in lines
    assert len(lines) == 1 + 5 + 3


def test_the_feed_has_the_build_ids(catalogue: webtest.TestApp) -> None:
    text = catalogue.get(address("303.0a1", ".atom")).text
    assert text.index("build 20170502100000") < text.index("build 20170501100000")


@pytest.mark.parametrize(
    ("version", "suggestions"),
    [
        pytest.param("300.1", ["firefox 301.0", "firefox 300.0"], id="nearest"),
        pytest.param("302.0", ["firefox 302.0rc1", "firefox 302.0rc2"], id="only-candidates"),
        pytest.param("9" * 5000, ["firefox 303.0a1"], id="very-long"),
    ],
)
def test_an_unknown_version_names_those_near_it(
    catalogue: webtest.TestApp, version: str, suggestions: list[str]
) -> None:
    answer = catalogue.get(address(version, ".json"), status=404).json
    labels = [each["label"] for each in answer["suggestions"]]
    assert [label for label in labels if label in suggestions] == suggestions
    html = catalogue.get(address(version), status=404).html
    hrefs = [link["href"] for link in html.select("main a")]
    assert address(suggestions[0].removeprefix("firefox ")) in hrefs


def test_a_product_that_is_not_covered_is_said_to_be_so(catalogue: webtest.TestApp) -> None:
    answer = catalogue.get(address("4.0", ".json", product="netscape"), status=404).json
    assert "Not covered by the catalogue: netscape." in answer["message"]
    labels = [each["label"] for each in answer["suggestions"]]
    assert tuple(labels) == PRODUCT_NAMES


def test_a_product_with_all_locales_in_one_build_lacks_none(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address("126.0", product="thunderbird-android")).html
    assert page.h1.get_text(" ", strip=True) == "Thunderbird for Android 126.0"
    assert "Nothing: " in page.text
    assert "Fennec was built" not in page.text
    assert "Fennec was built" in catalogue.get(address("126.0", product="fennec")).text


def test_hostile_names_are_text(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address(HOSTILE))
    assert page.html.h1.text == f"Firefox {HOSTILE}"
    assert page.html.select_one(".matrix tbody th").text == HOSTILE
    assert "<script>alert" not in page.text
    assert catalogue.get(address(HOSTILE, ".json")).json["version"] == HOSTILE
    unknown = catalogue.get(address(HOSTILE + "x"), status=404)
    assert "<script>alert" not in unknown.text


def test_a_large_version_is_few_bytes(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(address("53.0b9"))
    assert len(page.html.select(".matrix tbody td")) == 2 * len(LISTED)
    assert len(gzip.compress(page.body)) < 6_000
