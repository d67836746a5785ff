"""The page of the API works in a browser: it shows the operations, and runs their examples.

`open_page` fails a test for messages on the console and requests to other hosts.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

LIST = "#operations-Builds-get_records"


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        pytest.param(LIST, '"version": "53.0b9"', id="list"),
        pytest.param("#operations-Search-post_msearch", '"responses"', id="lines"),
    ],
)
def test_an_example_that_is_executed_is_answered(
    demo_server: str, open_page: OpenPage, operation: str, text: str
) -> None:
    page = open_page(f"{demo_server}/docs/")
    page.locator(f"{operation} .opblock-summary-control").click()
    page.locator(f"{operation} button.execute").click()
    answer = page.locator(f"{operation} .live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text(text)


def test_the_operations_lead_to_the_changes(demo_server: str, open_page: OpenPage) -> None:
    page = open_page(f"{demo_server}/docs/")
    page.get_by_role("link", name="changes").first.click()
    expect(page.locator("h1")).to_have_text("Changes of the API")


def test_addresses_at_the_root_of_the_host_are_executed_there(
    demo_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{demo_server}/docs/")
    robots = "#operations-Server-get_robots"
    page.locator(f"{robots} .opblock-summary-control").click()
    page.locator(f"{robots} button.execute").click()
    answer = page.locator(f"{robots} .live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text("User-agent: *")
    root = demo_server.removesuffix("/v1")
    expect(page.locator(f"{robots} .request-url")).to_contain_text(f"{root}/robots.txt")


def test_the_changes_lead_back_to_the_operations(demo_server: str, open_page: OpenPage) -> None:
    page = open_page(f"{demo_server}/docs/changes")
    expect(page.locator("h1")).to_have_text("Changes of the API")
    page.get_by_role("link", name="Operations").click()
    expect(page.locator(".opblock-tag").first).to_be_visible()


def test_without_scripts_the_page_leads_to_the_document(
    demo_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{demo_server}/docs/", java_script_enabled=False)
    expect(page.locator("noscript")).to_be_visible()
