"""Badges: the newest build of a channel, as a picture whose text fits."""

from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
import webtest
from kinto_buildhub.catalog.integrations.badge import GREY, draw_badge, text_width_px

from tests.conftest import make_record

BADGES = "/v1/catalog/badges/"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def channels(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """Channels whose newest build is not the one that was written last."""
    return make_catalogue(
        [
            make_record(id="newer", target__version="54.0", build__id="20170601000000"),
            make_record(id="older", target__version="53.0", build__id="20170501000000"),
            make_record(
                id="staged",
                target__version="55.0rc1",
                target__candidate=1,
                build__id="20170701000000",
            ),
            make_record(id="no-build-id", target__version="54.0", build=None),
            make_record(
                id="no-other", target__channel="esr", target__version="52.0esr", build=None
            ),
            make_record(
                id="nightly",
                target__channel="nightly",
                target__version="55.0a1",
                build__id="20170602030201",
            ),
        ]
    )


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        pytest.param("firefox/beta", 200, "firefox beta: 54.0", id="by-version-not-candidates"),
        pytest.param(
            "firefox/nightly", 200, "firefox nightly: 55.0a1 20170602030201", id="nightlies-differ"
        ),
        pytest.param("firefox/esr", 200, "firefox esr: 52.0esr", id="no-build-id"),
        pytest.param("firefox/aurora", 404, "firefox aurora: unknown", id="no-build"),
        pytest.param("netscape/beta", 404, "netscape beta: unknown", id="no-product"),
        pytest.param("%3Cscript%3E/%22%26", 404, '<script> "&: unknown', id="markup"),
    ],
)
def test_a_badge_says_the_newest_build_of_a_channel(
    channels: webtest.TestApp, path: str, status: int, title: str
) -> None:
    response = channels.get(f"{BADGES}{path}.svg", status=status)
    assert response.content_type == "image/svg+xml"
    assert response.headers["Cache-Control"] == "max-age=300"
    badge = ElementTree.fromstring(response.body)
    assert badge.get("aria-label") == badge.findtext(f"{SVG}title") == title
    assert (GREY in response.text) == (status == 404)


@pytest.fixture
def without_search(make_catalogue: Callable[..., webtest.TestApp]) -> Iterator[webtest.TestApp]:
    app = make_catalogue([])
    app.app.registry.buildhub_search._engine, engine = None, app.app.registry.buildhub_search.engine
    yield app
    app.app.registry.buildhub_search._engine = engine


def test_a_badge_is_grey_and_not_kept_while_search_is_down(
    without_search: webtest.TestApp,
) -> None:
    response = without_search.get(f"{BADGES}firefox/beta.svg", status=503)
    assert response.headers["Cache-Control"] == "no-store"
    assert GREY in response.text


@pytest.mark.parametrize(
    "text", ["", "61.0.2", "firefox release", "W" * 1000, "日本語", "\x00\x1b\ufffe", "<&>\"'"]
)
def test_the_text_of_a_badge_is_inside_it_whatever_it_is(text: str) -> None:
    badge = ElementTree.fromstring(draw_badge(text, text))
    width = float(badge.get("width", ""))
    parts = badge.findall(f"{SVG}text")
    ends = [float(part.get("x", "")) + float(part.get("textLength", "")) for part in parts]
    assert len(ends) == 2
    assert ends[0] < float(parts[1].get("x", "")) < width
    assert ends[1] < width < 1000


def test_wide_characters_are_wider_than_narrow_ones() -> None:
    assert text_width_px("iii") < text_width_px("000") < text_width_px("WWW")


def test_a_badge_of_a_catalogue_that_cannot_be_searched_says_that_it_is_unknown(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue([], metadata={})
    response = app.get(f"{BADGES}firefox/beta.svg", status=404)
    assert "firefox beta: unknown" in response.text
