"""The rules of WCAG 2.2 AA and of good practice, as axe checks them in the page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_OPTIONS = {"runOnly": {"type": "tag", "values": list(_TAGS)}}


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page, once loaded: rule, meaning and elements."""
    page.wait_for_load_state()
    found = Axe().run(page, options=_OPTIONS).response["violations"]
    return [
        f"{each['id']}: {each['help']}: " + "; ".join(node["html"] for node in each["nodes"][:5])
        for each in found
    ]
