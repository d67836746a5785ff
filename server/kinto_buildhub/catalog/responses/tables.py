"""A page as CSV."""

import csv
import io
import re
import unicodedata
from typing import Any

from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page

# A spreadsheet takes a cell that begins with one of these for a formula, whatever width they have.
_FORMULA = frozenset("=+-@")
# Unicode's categories of what it may drop before it looks: spaces, control and format characters.
_UNSEEN = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf"))

_MAX_NAME = 80


def render_csv(request: Any, page: Page) -> Response:
    """Return the page as CSV, of RFC 4180; the first line names the columns."""
    text = io.StringIO()
    writer = csv.writer(text)
    table = page.table()
    writer.writerow(table.columns)
    writer.writerows([safe_cell(value) for value in row] for row in table.rows)
    response = Response(
        text.getvalue().encode("utf-8", "replace"), content_type="text/csv", charset="UTF-8"
    )
    response.content_type_params = {"charset": "UTF-8", "header": "present"}
    if page.status == 200:
        response.content_disposition = f'attachment; filename="{file_name(page.title)}"'
    return response


def safe_cell(value: object) -> object:
    """Return a value that no spreadsheet runs: what looks like a formula begins with a quote."""
    if not isinstance(value, str):
        return value
    first = next((each for each in value if unicodedata.category(each) not in _UNSEEN), "")
    is_formula = unicodedata.normalize("NFKC", first)[:1] in _FORMULA
    return f"'{value}" if is_formula or value.startswith(("\t", "\r", "\n")) else value


def file_name(title: str) -> str:
    """Return a name that every system takes, for a page with this title."""
    words = re.sub(r"[^a-z0-9._]+", "-", title.lower())[:_MAX_NAME].strip("-.")
    return f"buildhub-{words}.csv" if words else "buildhub.csv"
