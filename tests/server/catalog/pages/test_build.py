"""The page of a build ID: is it official, what was built, what came before and after."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
import webtest

from tests.server.catalog.pages.conftest import (
    AFTER,
    BEFORE,
    BUILD_ID,
    CANDIDATE_ID,
    REPOSITORY,
    REVISION,
    make_builds,
)

BUILDS = "/v1/catalog/builds/"


def test_the_page_has_all_builds_of_the_id_and_their_groups(builds: webtest.TestApp) -> None:
    page = builds.get(f"{BUILDS}{BUILD_ID}.json").json
    expected = [each for each in make_builds() if each.get("build", {}).get("id") == BUILD_ID]
    assert page["total"] == len(page["records"]) == len(expected)
    assert page["size_bytes"] == sum(each["download"]["size"] for each in expected)
    groups = [
        (each["product"], each["channel"], each["version"], each["is_candidate"], each["total"])
        for each in page["groups"]
    ]
    assert groups == [
        ("devedition", "aurora", "53.0b9", False, 1),
        ("firefox", "beta", "53.0b9", False, 6),
        ("firefox", "beta", "53.0b9rc2", True, 1),
    ]
    assert page["groups"][1]["platforms"] == [
        {"platform": "linux-x86_64", "locales": ["en-US", "fr", "ja-JP-mac"]},
        {"platform": "win32", "locales": ["en-US", "fr", "ja-JP-mac"]},
    ]


@pytest.mark.parametrize(
    ("build_id", "verdict", "answer"),
    [
        pytest.param(
            BUILD_ID,
            "shipped",
            "Yes, it was published: Devedition 53.0b9 (aurora), Firefox 53.0b9 (beta).",
            id="shipped-and-candidate",
        ),
        pytest.param(
            CANDIDATE_ID,
            "candidate",
            "Only a candidate: it was staged as Firefox 53.0b10rc2 (beta), and no published build "
            "has this ID.",
            id="only-a-candidate",
        ),
    ],
)
def test_it_says_whether_the_build_is_official(
    builds: webtest.TestApp, build_id: str, verdict: str, answer: str
) -> None:
    page = builds.get(f"{BUILDS}{build_id}.json").json
    assert (page["verdict"], page["answer"]) == (verdict, answer)
    assert answer in builds.get(f"{BUILDS}{build_id}").html.text


def test_neighbours_are_of_the_channel_and_no_candidates(builds: webtest.TestApp) -> None:
    devedition, firefox, _ = builds.get(f"{BUILDS}{BUILD_ID}.json").json["groups"]
    assert (devedition["previous"], devedition["next"]) == (None, None)
    assert (firefox["previous"]["build_id"], firefox["previous"]["version"]) == (BEFORE, "53.0b8")
    assert (firefox["next"]["build_id"], firefox["next"]["version"]) == (AFTER, "53.0b10")


def test_the_revision_links_to_its_source(builds: webtest.TestApp) -> None:
    links = [each["href"] for each in builds.get(f"{BUILDS}{BUILD_ID}").html.find_all("a")]
    assert f"{REPOSITORY}/rev/{REVISION}" in links


def test_every_build_is_one_click_away(builds: webtest.TestApp) -> None:
    page = builds.get(f"{BUILDS}{BUILD_ID}")
    links = [link["href"] for link in page.html.select("td a[href*='/catalog/records/']")]
    expected = builds.get(f"{BUILDS}{BUILD_ID}.json").json["records"]
    assert sorted(links) == sorted(f"/v1/catalog/records/{each['id']}" for each in expected)
    for link in links:
        builds.get(link, status=200)


def test_an_unknown_id_is_not_found_but_its_neighbours_are(builds: webtest.TestApp) -> None:
    between = "20170402000000"
    response = builds.get(f"{BUILDS}{between}.json", status=404)
    assert response.json["previous"]["build_id"] == BEFORE
    assert response.json["next"]["build_id"] == BUILD_ID
    assert "not known up to when the catalogue is complete" in response.json["message"]
    page = builds.get(f"{BUILDS}{between}", status=404)
    assert [each.text for each in page.html.main.find_all("a")][:2] == [BEFORE, BUILD_ID]


@pytest.mark.parametrize("text", ["firefox", "2017-04-03", "\0", "٢٠١٧٠٤٠٣٠٨٣٣٤٤", "<script>"])
def test_what_is_no_build_id_is_refused_by_name(builds: webtest.TestApp, text: str) -> None:
    response = builds.get(f"{BUILDS}{quote(text)}.json", status=400)
    assert response.json["code"] == 400
    page = builds.get(f"{BUILDS}{quote(text)}", status=400)
    assert page.html.h1 is not None
    assert page.html.find("script", src=False) is None


def test_a_page_that_does_not_hold_all_builds_says_so(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue(make_builds(), **{"kinto.search.max_result_window": "5"})
    page = app.get(f"{BUILDS}{BUILD_ID}.json").json
    assert (page["total"], len(page["records"])) == (8, 5)
    assert "8, together" in (text := app.get(f"{BUILDS}{BUILD_ID}").html.text)
    assert "(the first 5 are shown)" in text
