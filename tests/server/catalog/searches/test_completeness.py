"""Up to when the catalogue is complete for what a page asks for: as reported by the jobs."""

from collections.abc import Callable

import pytest
import webtest
from buildhub_schema.coverage import PAIRS, coverage_metadata
from buildhub_schema.products import PRODUCT_NAMES
from kinto_buildhub.catalog.searches.completeness import Completeness, find_completeness
from kinto_buildhub.coverage.completeness import CollectionCoverage

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.coverage.test_coverage import ALL, EARLY, LATE, read_each_time, report_coverage

UNKNOWN = "It is not known up to when the catalogue is complete."


def coverage_of(*pairs: tuple[str, str], until: str | None = LATE) -> CollectionCoverage:
    return CollectionCoverage(
        {
            "product": product,
            "channel": channel,
            "complete_until": until,
            "last_modified": 1_800_000_000_000,
        }
        for product, channel in pairs
    )


FIREFOX = [pair for pair in PAIRS if pair[0] == "firefox"]


@pytest.mark.parametrize(
    ("coverage", "products", "channels", "until", "not_covered", "sentence"),
    [
        pytest.param(None, (), (), None, (), UNKNOWN, id="coverage-cannot-be-read"),
        pytest.param(coverage_of(), (), (), None, (), UNKNOWN, id="no-job-has-reported"),
        pytest.param(
            coverage_of(),
            ("netscape",),
            (),
            None,
            ("netscape",),
            f"Not covered by the catalogue: netscape. It covers {', '.join(PRODUCT_NAMES)}.",
            id="no-product-of-the-catalogue",
        ),
        pytest.param(
            coverage_of(*PAIRS),
            (),
            (),
            LATE,
            (),
            "The catalogue is complete up to 2024-06-01 00:00 UTC for what is asked here.",
            id="everything",
        ),
        pytest.param(
            coverage_of(*FIREFOX), ("firefox",), (), LATE, (), None, id="a-product-that-is-read"
        ),
        pytest.param(
            coverage_of(*FIREFOX),
            ("firefox", "thunderbird"),
            (),
            None,
            ("thunderbird",),
            "Not covered by the catalogue: thunderbird. It covers firefox.",
            id="a-product-that-is-not-read",
        ),
        pytest.param(
            coverage_of(("firefox", "beta")),
            ("firefox",),
            ("beta",),
            LATE,
            (),
            None,
            id="a-channel-that-is-read",
        ),
        pytest.param(
            coverage_of(("firefox", "beta")),
            ("firefox",),
            ("nightly",),
            None,
            (),
            UNKNOWN,
            id="a-channel-that-is-not-read",
        ),
        pytest.param(
            coverage_of(*PAIRS, until=None), (), (), None, (), UNKNOWN, id="never-complete"
        ),
    ],
)
def test_what_is_known_follows_from_the_reports(
    coverage: CollectionCoverage | None,
    products: tuple[str, ...],
    channels: tuple[str, ...],
    until: str | None,
    not_covered: tuple[str, ...],
    sentence: str | None,
) -> None:
    found = find_completeness(coverage, products, channels)
    assert (found.until, found.not_covered) == (until, not_covered)
    assert sentence is None or found.sentence == sentence


def test_a_time_to_the_minute_is_not_later_than_the_time_itself() -> None:
    assert "2024-06-01 12:59 UTC" in Completeness("2024-06-01T12:59:59Z").sentence


@pytest.fixture(scope="module")
def covered(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue that is complete until some time, Thunderbird until another one."""
    app = read_each_time(make_catalogue([make_record()]))
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    path = f"/v1/buckets/{bucket_id}/collections/{collection_id}"
    app.put_json(f"{path}-coverage", {"data": coverage_metadata()}, headers=PUBLISHER_HEADERS)
    report_coverage(app, path, ALL | {"thunderbird beta": EARLY})
    return app


@pytest.mark.parametrize(
    ("address", "until"),
    [
        pytest.param("/", EARLY, id="all"),
        pytest.param("/?product=firefox", LATE, id="chosen"),
        pytest.param("/?q=firefox", LATE, id="typed"),
        pytest.param("/?product=thunderbird&channel=release", LATE, id="chosen-channel"),
        pytest.param("/?q=-thunderbird", EARLY, id="excluded"),
        pytest.param("/builds/20170403083344", LATE, id="build"),
        pytest.param("/builds/19990101000000", EARLY, id="unknown-build"),
        pytest.param("/records/nothing", EARLY, id="unknown-record"),
    ],
)
def test_every_page_says_until_when_it_is_complete(
    covered: webtest.TestApp, address: str, until: str
) -> None:
    page = covered.get(f"/v1/catalog{address}", status="*")
    assert page.headers["Complete-Until"] == until
    path, mark, query = address.partition("?")
    json = covered.get(f"/v1/catalog{path}.json{mark}{query}", status="*").json
    assert json["complete_until"] == until
    if page.status_code == 404:
        assert f"complete up to {until[:10]}" in page.html.main.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("product=firefox&locale=tlh", "complete up to 2024-06-01 00:00 UTC"),
        ("product=netscape", "Not covered by the catalogue: netscape. It covers firefox, "),
    ],
)
def test_nothing_found_says_what_that_means(
    covered: webtest.TestApp, query: str, sentence: str
) -> None:
    assert sentence in covered.get(f"/v1/catalog/?{query}").html.main.text


def test_an_empty_feed_is_as_new_as_the_time_up_to_which_it_is_empty(
    covered: webtest.TestApp,
) -> None:
    feed = covered.get("/v1/catalog/.atom?product=firefox&locale=tlh").text
    assert f"<updated>{LATE}</updated>" in feed
