"""The commands that pages show are run as they stand, and get what the page shows."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
import webtest
from bs4 import BeautifulSoup

from tests.conftest import make_record, serving
from tests.requirements import require

HOSTILE = "a'b\"c\\d $(touch x) `id` \n;&|<>*é"
BUILD_ID = make_record()["build"]["id"]

Record = dict[str, Any]


@pytest.fixture(scope="module")
def server(make_catalogue: Callable[..., webtest.TestApp]) -> Iterator[str]:
    """A catalogue over HTTP, in which words of a shell and of Python are values."""
    records = [
        make_record(id="hostile", target__version=HOSTILE),
        make_record(id="firefox_beta_53-0b9_win32_de", target__locale="de"),
        make_record(),
    ]
    with serving(make_catalogue(records).app) as url:
        yield url


def run_curl(command: str) -> Any:
    require(shutil.which("curl"), "curl is not installed")
    done = subprocess.run(["bash", "-c", f"{command} -sS --fail"], **RUN)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return json.loads(done.stdout)


def run_python(program: str) -> Any:
    done = subprocess.run([sys.executable, "-c", program], **RUN)
    assert done.returncode == 0, f"{program}\n{done.stderr}"
    return ast.literal_eval(done.stdout)


RUN: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60, "check": False}


def record_ids(answer: Any) -> list[str]:
    """Return the IDs of the records in an answer, in whichever of the API's shapes it is."""
    if isinstance(answer, list):
        found = answer
    elif "hits" in answer:
        found = [hit["_source"] for hit in answer["hits"]["hits"]]
    else:
        found = answer.get("records") or answer.get("data") or answer["record"]
    return [each["id"] for each in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize(
    ("address", "commands"),
    [
        pytest.param("/", ["This page as JSON", "The records", "The same search"], id="all"),
        pytest.param(
            "/?locale=fr&locale=de&sort=size&size=2&from=2017-01-01&to=2017-12-31",
            ["This page as JSON", "The records", "The same search"],
            id="facets-days-sort",
        ),
        pytest.param(
            f"/?version={quote(HOSTILE)}",
            ["This page as JSON", "The records", "The same search"],
            id="hostile-choice",
        ),
        pytest.param(
            "/?q=firefox+-de+linux",
            ["This page as JSON", "The same search"],
            id="words-that-only-search-knows",
        ),
        pytest.param(f"/builds/{BUILD_ID}", ["This page as JSON", "The records"], id="build"),
        pytest.param("/records/hostile", ["This page as JSON", "The record"], id="record"),
    ],
)
def test_the_commands_of_a_page_get_what_it_shows(
    server: str, address: str, commands: list[str]
) -> None:
    url = f"{server}/catalog{address}"
    page = BeautifulSoup(requests.get(url, timeout=30).text, "html.parser")
    place = page.find(id="formats")
    assert place is not None
    assert [each.text for each in place.find_all("strong")] == commands
    codes = [each.text for each in place.find_all("code")]
    assert len(codes) == 2 * len(commands)
    path, mark, query = url.partition("?")
    shown = requests.get(f"{path}.json{mark}{query}", timeout=30).json()
    for curl, python in zip(codes[::2], codes[1::2], strict=True):
        for answer in (run_curl(curl), run_python(python)):
            assert sorted(record_ids(answer)) == sorted(record_ids(shown)), answer
    assert run_curl(codes[0]) == run_python(codes[1]) == shown
