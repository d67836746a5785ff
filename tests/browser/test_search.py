"""Searching: the box, chips, facets, dates and columns, and the way back from each."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.search_page import box, cells, choose, rows, total


def center(bar: Locator) -> tuple[float, float]:
    place = bar.locator(".plot-bar-area").bounding_box()
    assert place is not None
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def test_results_appear_while_typing(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    before = total(page)
    box(page).press_sequentially("53.0b9")
    expect(page.get_by_role("list", name="What is asked for")).to_contain_text("53.0b9")
    assert 0 < total(page) < before
    assert set(cells(page, "version")) == {"53.0b9"}
    expect(page).to_have_url(f"{demo_url}?q=53.0b9")


def test_enter_works_before_any_answer(open_page: OpenPage, site: Site) -> None:
    page = open_page(site.url)
    with site.held.holding("?q=56"):
        box(page).fill("56")
    box(page).fill("56.0")
    box(page).press("Enter")
    expect(page).to_have_url(f"{site.url}?q=56.0")
    expect(page.locator("tbody td.col-version").first).to_have_text("56.0")


def test_of_two_answers_the_latest_question_wins(open_page: OpenPage, site: Site) -> None:
    page = open_page(site.url)
    with site.held.holding("?q=5") as arrived:
        box(page).press_sequentially("5")
        assert arrived.wait(10)
        box(page).press_sequentially("6.0")
        expect(page).to_have_url(f"{site.url}?q=56.0")
        shown = rows(page)
    page.wait_for_timeout(300)  # Time for the late answer to do harm.
    assert rows(page) == shown
    assert set(cells(page, "version")) == {"56.0"}
    expect(page).to_have_url(f"{site.url}?q=56.0")


def test_waiting_is_said_and_keeps_the_rows(open_page: OpenPage, site: Site) -> None:
    page = open_page(site.url)
    shown = rows(page)
    with site.held.holding("?q=56.0"):
        box(page).fill("56.0")
        expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
        assert rows(page) == shown
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    assert set(cells(page, "version")) == {"56.0"}


def test_a_chip_can_be_removed(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?q=53.0b9+fr")
    before = total(page)
    page.get_by_role("link", name=re.compile("Remove .*fr")).click()
    expect(box(page)).to_have_value("53.0b9")
    assert total(page) > before


def test_a_word_without_a_place_is_said(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?q=53.0b9+zzzz")
    expect(page.locator(".chip.is-unplaced")).to_contain_text("zzzz")


def test_several_values_of_a_facet_mean_any_and_facets_all(
    open_page: OpenPage, demo_url: str
) -> None:
    page = open_page(f"{demo_url}?version=53.0b9")
    choose(page, "Locale", "fr")
    expect(page).to_have_url(re.compile("locale=fr"))
    of_french = total(page)
    choose(page, "Locale", "de")
    expect(page).to_have_url(re.compile("locale=fr.*locale=de|locale=de.*locale=fr"))
    assert total(page) > of_french
    assert set(cells(page, "locale")) == {"de", "fr"}
    assert set(cells(page, "version")) == {"53.0b9"}


def test_a_facet_keeps_its_other_values(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?version=53.0b9")
    group = page.get_by_role("group", name="Platform", exact=True)
    before = group.locator("li").all_inner_texts()
    choose(page, "Platform", "win32")
    expect(page).to_have_url(re.compile("platform=win32"))
    assert group.locator("li").all_inner_texts() == before


def test_the_focus_stays_on_the_chosen_value(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    choose(page, "Channel", "beta")
    expect(page).to_have_url(re.compile("channel=beta"))
    focused = page.evaluate("() => [document.activeElement.name, document.activeElement.value]")
    assert focused == ["channel", "beta"]


def test_a_long_facet_is_searched(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    group = page.get_by_role("group", name="Version", exact=True)
    group.get_by_role("searchbox").press_sequentially("53.0b")
    visible = group.locator("li:visible")
    expect(visible.first).to_contain_text("53.0b9")
    assert all("53.0b" in text for text in visible.all_inner_texts())
    group.get_by_role("checkbox", name=re.compile("^53.0b9 ")).click()
    expect(page).to_have_url(re.compile("version=53.0b9"))
    assert set(cells(page, "version")) == {"53.0b9"}


def test_versions_are_in_version_order(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?q=firefox")
    group = page.get_by_role("group", name="Version", exact=True)
    majors = [
        int(str(each.get_attribute("value")).partition(".")[0])
        for each in group.get_by_role("checkbox").all()
    ]
    assert majors == sorted(majors, reverse=True)
    assert len(majors) > 5


def test_a_bar_of_the_histogram_leads_to_its_builds(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    bar = page.locator("#histogram a", has=page.locator("title")).last
    label = str(bar.get_attribute("aria-label"))
    bar.press("Enter")
    expect(page).to_have_url(re.compile("from=.*to="))
    count = re.sub(r"\D", "", label.rpartition(":")[2])
    assert total(page) == int(count)


def test_dragging_over_bars_chooses_their_days(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    bars = page.locator("#histogram a")
    links = [str(bars.nth(number).get_attribute("href")) for number in (3, 6)]
    days = [parse_qs(urlsplit(link).query) for link in links]
    first, last = (center(bars.nth(number)) for number in (3, 6))
    page.mouse.move(*first)
    page.wait_for_load_state("networkidle")
    page.mouse.down()
    page.mouse.move(*last, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"from={days[0]['from'][0]}&to={days[1]['to'][0]}$"))
    assert total(page) > 0


def test_days_are_chosen_by_hand(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    before = total(page)
    page.get_by_label("from", exact=True).fill("2017-01-01")
    expect(page).to_have_url(re.compile("from=2017-01-01"))
    page.get_by_label("to", exact=True).fill("2017-12-31")
    expect(page).to_have_url(re.compile("from=2017-01-01.*to=2017-12-31"))
    assert 0 < total(page) < before
    days = page.locator("tbody time").evaluate_all("all => all.map(each => each.dateTime)")
    assert {day[:4] for day in days} == {"2017"}


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("product", "Product"),
        ("version", "Version"),
        ("channel", "Channel"),
        ("platform", "Platform"),
        ("locale", "Locale"),
        ("build", "Build ID"),
        ("published", "Published"),
        ("size", "Size"),
    ],
)
def test_every_column_sorts_both_ways(
    open_page: OpenPage, demo_url: str, column: str, label: str
) -> None:
    page = open_page(f"{demo_url}?version=53.0b9")
    header = page.get_by_role("columnheader", name=label, exact=True)
    header.get_by_role("link").click()
    page.wait_for_url(re.compile("sort=") if column != "published" else "**")
    first = page.locator("th[aria-sort]")
    expect(first).to_have_text(label)
    one_way = str(first.get_attribute("aria-sort"))
    some = rows(page)
    first.get_by_role("link").click()
    other_way = "ascending" if one_way == "descending" else "descending"
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", other_way)
    expect(page.locator("th[aria-sort]")).to_have_count(1)
    assert len(rows(page)) == len(some)


def test_pages_lead_on_and_back(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    first = rows(page)
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.get_by_role("navigation", name="Pages of the table")).to_contain_text(
        re.compile("Rows 51.100")
    )
    assert not set(first) & set(rows(page))
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.get_by_role("navigation", name="Pages of the table")).to_contain_text(
        re.compile("Rows 1.50 ")
    )
    assert rows(page) == first


def test_the_last_page_is_one_click_away(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    page.get_by_role("link", name="Last", exact=True).click()
    pager = page.get_by_role("navigation", name="Pages of the table")
    expect(pager).to_contain_text(f"of {total(page):,}")
    expect(pager).to_contain_text(re.compile(f"Rows .*{total(page):,} of"))
    assert page.get_by_role("link", name="Next", exact=True).count() == 0


def test_back_forward_and_reload_show_what_was_there(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    shown = [(page.url, rows(page))]
    box(page).press_sequentially("53.0b9")
    expect(page).to_have_url(f"{demo_url}?q=53.0b9")
    shown.append((page.url, rows(page)))
    choose(page, "Locale", "fr")
    expect(page).to_have_url(re.compile("locale=fr"))
    shown.append((page.url, rows(page)))
    page.get_by_role("link", name="Size", exact=True).click()
    page.wait_for_url(re.compile("sort="))
    shown.append((page.url, rows(page)))

    def check(url: str, expected: list[str]) -> None:
        expect(page).to_have_url(url)
        first = page.locator("tbody tr").first
        expect(first.locator("a[href*='/records/']")).to_have_attribute(
            "href", re.compile(f"/{expected[0]}$")
        )
        assert rows(page) == expected

    for url, expected in shown[-2::-1]:
        page.go_back()
        check(url, expected)
    expect(box(page)).to_have_value("")
    for url, expected in shown[1:]:
        page.go_forward()
        check(url, expected)
    page.reload()
    check(*shown[-1])
    expect(box(page)).to_have_value("53.0b9")


def test_a_shared_link_shows_the_same(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    box(page).press_sequentially("firefox 54")
    choose(page, "Locale", "fr")
    expect(page).to_have_url(re.compile("q=firefox.54.*locale=fr"))
    other = open_page(page.url)
    assert (total(other), rows(other)) == (total(page), rows(page))
    expect(box(other)).to_have_value("firefox 54")
