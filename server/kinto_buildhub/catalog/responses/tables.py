"""A page as CSV."""

import csv
import io
import re
from typing import Any

from buildhub_schema.text.cells import safe_cell
from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page

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


def file_name(title: str) -> str:
    """Return a name that every system takes, for a page with this title."""
    words = re.sub(r"[^a-z0-9._]+", "-", title.lower())[:_MAX_NAME].strip("-.")
    return f"buildhub-{words}.csv" if words else "buildhub.csv"
