"""What holds for every page in every state."""

import os

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import violations
from tests.browser.conftest import OpenPage
from tests.browser.layout import layout_shifts, too_wide
from tests.browser.states import State, each_state

PHONE = 390
WIDTHS = (320, PHONE, 768, 1280)
# Every width and every scheme every day; each width in each scheme where nothing may be left out.
LOOKS = [(PHONE, "dark"), (1280, "light")]
if os.environ.get("REQUIRE_ALL"):
    LOOKS += [(PHONE, "light"), (1280, "dark")]


def open_state(open_page: OpenPage, demo_url: str, state: State, **options: object) -> Page:
    expected = () if state.status == 200 else (f"a status of {state.status} ",)
    return open_page(demo_url + state.address, expected=expected, **options)


@each_state()
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_is_accessible(
    open_page: OpenPage, demo_url: str, state: State, scheme: str, width: int
) -> None:
    page = open_state(open_page, demo_url, state, width=width, color_scheme=scheme)
    assert violations(page) == []


@each_state()
def test_no_width_needs_horizontal_scrolling(
    open_page: OpenPage, demo_url: str, state: State
) -> None:
    page = open_state(open_page, demo_url, state)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(page) == [], width


@each_state()
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_loading_shifts_nothing(
    open_page: OpenPage, demo_url: str, state: State, width: int
) -> None:
    page = open_state(open_page, demo_url, state, width=width)
    page.wait_for_load_state("networkidle")
    assert layout_shifts(page) == []


@each_state()
def test_it_reads_the_same_without_script(open_page: OpenPage, demo_url: str, state: State) -> None:
    page = open_state(open_page, demo_url, state, java_script_enabled=False)
    assert page.title().endswith("BuildHub")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1


@each_state()
def test_the_policy_allows_nothing_unsafe(open_page: OpenPage, demo_url: str, state: State) -> None:
    page = open_state(open_page, demo_url, state)
    response = page.request.get(page.url)
    assert response.status == state.status
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "data:" not in policy.partition("script-src")[2].partition(";")[0]
