"""What a page about an error is in the formats for programs."""

from collections.abc import Mapping
from typing import Any

from kinto_buildhub.catalog.pages.page import Page, Table


def error_data(page: Page, errno: int) -> Mapping[str, Any]:
    """Return the error in the shape of Kinto's errors."""
    return {
        "code": page.status,
        "errno": errno,
        "error": page.title,
        "message": page.description,
    }


def error_table(page: Page) -> Table:
    """Return the sentence as the only cell."""
    return Table(("error",), [(page.description,)])
