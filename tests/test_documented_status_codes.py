"""The page of status codes has every status that the code answers with, and an example of each."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest
from kinto.core.errors import ERRORS
from kinto_buildhub.negotiation.problems import TYPE
from kinto_buildhub.run.error_responses import _STATUSES
from pyramid import httpexceptions

from tests.documented import DOCS, read_blocks

PAGE = "api/status-codes.rst"
TEXT = (DOCS / PAGE).read_text()
SERVER = DOCS.parent / "server" / "kinto_buildhub"

# Kinto's views raise these.
OF_KINTO = {200, 201, 304, 307, 400, 401, 403, 404, 405, 406, 409, 410, 412, 415, 500, 503}
# Of a base class.
NOT_STATUSES = {None, 520}

TABLE = [int(code) for code in re.findall(r"\* - :ref:`(\d+) <status-\1>`", TEXT)]
SECTIONS = {
    int(code): section
    for code, section in re.findall(r"\.\. _status-(\d+):\n\n(.+?)(?=\n\.\. _|\Z)", TEXT, re.DOTALL)
}


def raised_by_modules():
    """Yield each module with the statuses of the exceptions that it names."""
    for path in SERVER.rglob("*.py"):
        for name in set(re.findall(r"\bHTTP[A-Z]\w+", path.read_text())):
            code = getattr(getattr(httpexceptions, name, None), "code", None)
            if code not in NOT_STATUSES:
                yield path.relative_to(SERVER), int(code)
        for code in re.findall(r"HTTPStatus\.([A-Z_]+)", path.read_text()):
            yield path.relative_to(SERVER), int(HTTPStatus[code])


def test_each_status_is_in_the_table_and_has_a_section():
    assert sorted(TABLE) == TABLE
    assert set(TABLE) == set(SECTIONS)


def test_each_status_of_kinto_and_of_the_parser_is_in_the_table():
    of_parser = {int(status) for _, status in _STATUSES}
    assert set(TABLE) >= OF_KINTO | of_parser


def test_each_status_that_a_module_answers_with_is_in_the_table():
    missing = {(str(path), code) for path, code in raised_by_modules() if code not in TABLE}
    assert not missing


@pytest.mark.parametrize("code", TABLE)
def test_each_status_has_an_example_that_prints_it_or_says_why_not(code):
    heading = TEXT.count("\n", 0, TEXT.index(f".. _status-{code}:"))
    blocks = [block for block in read_blocks(PAGE) if int(block.place.split(":")[1]) > heading]
    block = blocks[0]
    assert block.code in re.sub(r"(?m)^   ", "", SECTIONS[code])
    shown = [line for line in block.code.splitlines() if line.split(" ")[0] == str(code)]
    assert shown or block.reason


def test_each_number_of_kinto_has_a_place_that_problems_lead_to():
    numbers = {int(number) for number in re.findall(r"\.\. _errno-(\d+):", TEXT)}
    assert numbers == {error.value for error in ERRORS}
    assert TYPE.endswith(f"/{PAGE.removesuffix('.rst')}.html#errno-")
    assert Path(DOCS / PAGE).exists()
