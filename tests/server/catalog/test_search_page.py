"""The search page over the real app: what it finds, counts and links to."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import webtest

from tests.conftest import make_record
from tests.server.catalog.conftest import CATALOGUE
from tests.server.search.records import make_records


def test_the_page_is_html_without_scripts_of_others(catalogue: webtest.TestApp) -> None:
    response = catalogue.get(CATALOGUE)
    assert response.content_type == "text/html"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("sort", ["-published", "version", "-build", "build", "size", "-locale"])
@pytest.mark.parametrize("direction", ["next", "prev"])
def test_the_links_between_pages_meet_every_record_once(
    catalogue: webtest.TestApp, sort: str, direction: str
) -> None:
    address = f"{CATALOGUE}?sort={sort}&size=23"
    while (link := _link(catalogue.get(address), "next")) is not None:
        address = link
    if direction == "next":
        address = f"{CATALOGUE}?sort={sort}&size=23"
    found: list[str] = []
    link = address
    while link is not None:
        parts = urlsplit(link)
        page = catalogue.get(f"{CATALOGUE}.json?{parts.query}").json
        ids = [record["id"] for record in page["records"]]
        found = [*found, *ids] if direction == "next" else [*ids, *found]
        link = _link(catalogue.get(link), direction)
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(record["id"] for record in make_records())


def test_the_counts_of_a_facet_ignore_its_own_choice(catalogue: webtest.TestApp) -> None:
    everything = catalogue.get(f"{CATALOGUE}.json").json["facets"]
    chosen = catalogue.get(f"{CATALOGUE}.json?locale=fr").json["facets"]
    assert _counts(chosen["locale"]) == _counts(everything["locale"])
    assert sum(_counts(chosen["channel"]).values()) == _counts(everything["locale"])["fr"]


def test_a_chosen_value_that_nothing_has_stays(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(f"{CATALOGUE}.json?locale=tlh").json
    assert page["total"] == 0
    assert {"value": "tlh", "count": 0, "chosen": True} in page["facets"]["locale"]


@pytest.mark.parametrize(
    ("query", "path"),
    [("q=20170403083345", "builds/20170403083345"), ("q=53.0b99", "")],
    ids=["build ID", "version of no product"],
)
def test_what_nothing_has_still_leads_to_its_page(
    catalogue: webtest.TestApp, query: str, path: str
) -> None:
    page = catalogue.get(f"{CATALOGUE}?{query}", headers={"Accept": "text/html"})
    links = [link["href"] for link in page.html.select(".notice a")]
    assert [link for link in links if link != CATALOGUE] == ([f"{CATALOGUE}{path}"] if path else [])


def test_versions_are_newest_first(catalogue: webtest.TestApp) -> None:
    versions = [
        each["value"] for each in catalogue.get(f"{CATALOGUE}.json").json["facets"]["version"]
    ]
    assert versions[:3] == ["100.0", "57.0a1", "56.0"]
    assert versions.index("53.0b10") < versions.index("53.0b9")


def test_the_last_page_is_the_end_of_the_table(catalogue: webtest.TestApp) -> None:
    last = catalogue.get(f"{CATALOGUE}?size=23").html.find("a", string="Last")
    page = catalogue.get(last["href"])
    total = len(make_records())
    assert _shown_rows(page) == ["Rows", f"{total - 22}", f"{total}", "of", f"{total}"]
    assert _link(page, "next") is None
    before = catalogue.get(_link(page, "prev"))
    assert _shown_rows(before) == ["Rows", f"{total - 45}", f"{total - 23}", "of", f"{total}"]


def test_a_bar_of_the_histogram_leads_to_as_many_builds_as_it_says(
    catalogue: webtest.TestApp,
) -> None:
    bars = catalogue.get(CATALOGUE).html.select("#histogram a")
    assert len(bars) > 1
    for bar in bars:
        builds = catalogue.get(bar["href"]).html.find(id="total").text.split()[0]
        assert bar["aria-label"].endswith(f": {builds} builds")


def test_days_that_no_build_can_be_of_are_not_drawn(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    days = ["0001-01-01", "1993-12-31", "2017-06-01", "2017-06-03", "2100-01-01", "9999-12-31"]
    app = make_catalogue(
        [make_record(id=f"firefox_{day}", download__date=f"{day}T00:00:00Z") for day in days]
    )
    page = app.get(f"{CATALOGUE}.json").json
    assert page["total"] == len(days)
    assert [(bar["from"], bar["count"]) for bar in page["histogram"]] == [
        ("2017-06-01", 1),
        ("2017-06-02", 0),
        ("2017-06-03", 1),
    ]


def test_a_facet_that_is_long_can_be_shown_whole(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    versions = [f"{number}.0" for number in range(40, 52)]
    records = [
        make_record(id=f"firefox_{number}", target__version=version)
        for number, version in enumerate(versions)
    ]
    app = make_catalogue(records)
    address = f"{CATALOGUE}?q=firefox&locale={records[0]['target']['locale']}"
    facet = app.get(address).html.find(id="facet-version")
    assert [each["value"] for each in facet.select("[name=version]")] == versions[:-9:-1]
    whole = app.get(facet.find("a")["href"]).html.find(id="facet-version")
    assert [each["value"] for each in whole.select("[name=version]")] == versions[::-1]
    first = app.get(whole.find("a")["href"]).html.find(id="facet-version")
    assert first == facet


def test_the_form_of_the_page_leads_to_the_same_page(catalogue: webtest.TestApp) -> None:
    address = f"{CATALOGUE}?q=firefox&locale=de&os=linux&sort=-size&size=7&all=locale"
    page = catalogue.get(address)
    inputs = page.html.select("#search input, input[form=search]")
    sent = [
        (each["name"], each["value"])
        for each in inputs
        if each["value"] and (each.get("type") != "checkbox" or each.has_attr("checked"))
    ]
    again = catalogue.get(CATALOGUE, params=sent)
    assert again.html.find(id="results") == page.html.find(id="results")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("prodct=firefox", "is 'product' meant?"),
        ("sort=weight", "'sort' is 'weight'"),
        ("all=colour", "'all' is 'colour'"),
        ("size=0", "'size' is '0'"),
        ("from=yesterday", "expected a day such as"),
        ("from=2018-01-02&to=2018-01-01", "is after 'to'"),
        ("after=W10", "not a place"),
        ("after=W10&before=W10", "exclude each other"),
        ("q=a&q=b", "given twice"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_by_name(
    catalogue: webtest.TestApp, query: str, message: str
) -> None:
    response = catalogue.get(f"{CATALOGUE}.json?{query}", status=400)
    assert message in response.json["message"]


def _shown_rows(response: webtest.TestResponse) -> list[str]:
    return re.findall(r"\w+", response.html.select_one(".pager p").text)


def _counts(choices: list[dict[str, object]]) -> dict[object, object]:
    return {each["value"]: each["count"] for each in choices}


def _link(response: webtest.TestResponse, rel: str) -> str | None:
    link = response.html.find("a", rel=rel)
    return None if link is None else str(link["href"])


def test_a_new_search_keeps_order_size_and_long_facets(catalogue: webtest.TestApp) -> None:
    def hidden(query: str) -> list[tuple[str, str]]:
        page = catalogue.get(f"/v1/catalog/{query}").html
        return [(each["name"], each["value"]) for each in page.select("[type=hidden][form=search]")]

    assert hidden("?sort=-size&size=20&all=locale&locale=fr") == [
        ("sort", "-size"),
        ("size", "20"),
        ("all", "locale"),
    ]
    assert hidden("") == []
