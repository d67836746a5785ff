"""A page as CSV."""

import csv
import io
from typing import Any

from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_csv(request: Any, page: Page) -> Response:
    """Return the page as CSV, of RFC 4180."""
    text = io.StringIO()
    writer = csv.writer(text)
    table = page.table()
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return Response(text.getvalue(), content_type="text/csv", charset="UTF-8")


def _cell(value: object) -> object:
    """Return a value that no spreadsheet runs."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
