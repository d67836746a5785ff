"""The parts of the search page, as people find them."""

import re

from playwright.sync_api import Locator, Page


def box(page: Page) -> Locator:
    return page.get_by_label("Search builds")


def total(page: Page) -> int:
    """Return the number of builds that the heading says."""
    heading = page.get_by_role("heading", level=1).inner_text()
    return int(re.sub(r"\D", "", heading))


def rows(page: Page) -> list[str]:
    """Return the IDs of the records of the table."""
    links = page.locator("tbody a[href*='/catalog/records/']")
    addresses: list[str] = links.evaluate_all("all => all.map(each => each.pathname)")
    return [address.rpartition("/")[2] for address in addresses]


def cells(page: Page, column: str) -> list[str]:
    return page.locator(f"tbody td.col-{column}").all_inner_texts()


def choose(page: Page, facet: str, value: str) -> None:
    group = page.get_by_role("group", name=facet, exact=True)
    group.get_by_role("checkbox", name=re.compile(rf"^{re.escape(value)} [\d,]+$")).click()
