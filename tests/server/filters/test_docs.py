"""What the page on filters shows is what the server does."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "api" / "filters.rst").read_text()
BEFORE_ERRORS, ERRORS = PAGE.split("\nErrors\n")
ERRORS = ERRORS.split("\nOld record IDs\n")[0]


@pytest.mark.parametrize("query", re.findall(r"``\?(.+?)``|RECORDS}\?(.+?)\"", BEFORE_ERRORS))
def test_a_query_that_is_shown_is_understood(app, collection_path, query):
    app.get(f"{collection_path}/records?{''.join(query)}", status=200)


@pytest.mark.parametrize(("query", "message"), re.findall(r"\* - ``\?(.+?)``\n     - (.+)", ERRORS))
def test_an_error_that_is_shown_is_the_one_that_comes(app, collection_path, query, message):
    assert app.get(f"{collection_path}/records?{query}", status=400).json["message"] == message
