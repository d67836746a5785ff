"""Everything works with the keyboard alone, and the focus can be seen."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import OpenPage
from tests.browser.search_page import box, rows

# A field for a date contains stops of its own, which Chromium itself marks.
_FOCUS_IS_SEEN = """
() => {
  if (document.activeElement.type === "date") return true;
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}
"""
_FOCUSED = "() => document.activeElement.outerHTML.slice(0, 100)"


def suggestions(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def test_a_slash_leads_to_the_box(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?q=firefox")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("53.0b9")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo_url}?q=53.0b9")


def test_a_question_mark_shows_the_keys(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()


def test_keys_of_one_character_can_be_switched_off(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    page.keyboard.press("?")
    page.get_by_role("checkbox", name=re.compile("Keys of a single character")).uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()
    page.reload()
    page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()


def test_n_and_p_turn_pages(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    first = rows(page)
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("after="))
    assert not set(rows(page)) & set(first)
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("before="))
    assert rows(page) == first


def test_a_suggestion_is_taken_by_arrow_and_enter(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    box(page).focus()
    page.keyboard.type("53.0b9 linux-x")
    expect(suggestions(page).first).to_contain_text("linux-x86_64")
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    chosen = suggestions(page).first
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    expect(box(page)).to_have_value("53.0b9 linux-x")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("53.0b9 linux-x86_64")
    expect(page).to_have_url(f"{demo_url}?q=53.0b9+linux-x86_64")
    expect(box(page)).to_have_attribute("aria-expanded", "false")


def test_escape_closes_the_suggestions_and_keeps_the_text(
    open_page: OpenPage, demo_url: str
) -> None:
    page = open_page(demo_url)
    box(page).focus()
    page.keyboard.type("linux-x")
    expect(suggestions(page).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(suggestions(page)).to_have_count(0)
    expect(box(page)).to_have_value("linux-x")


def test_enter_searches_for_the_text_though_there_are_suggestions(
    open_page: OpenPage, demo_url: str
) -> None:
    page = open_page(demo_url)
    box(page).focus()
    page.keyboard.type("linux")
    expect(suggestions(page).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo_url}?q=linux")
    expect(suggestions(page)).to_have_count(0)


def test_the_first_stop_skips_to_the_content(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_the_focus_is_seen_at_every_stop(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(f"{demo_url}?q=53.0b9+fr")
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if not page.evaluate(_FOCUS_IS_SEEN):
            unseen.append(page.evaluate(_FOCUSED))
    assert unseen == []


def test_a_filter_is_chosen_with_the_space_bar(open_page: OpenPage, demo_url: str) -> None:
    page = open_page(demo_url)
    page.get_by_role("group", name="Channel", exact=True).get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("channel="))
    expect(page.locator(":focus")).to_have_attribute("name", "channel")
