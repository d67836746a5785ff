"""The official clients, as programs of their own, with a collection's address as their host."""

import sys
from collections import Counter
from typing import Any

import pytest

from tests.server.search.programs import CLIENTS, ask, install_javascript, install_python
from tests.server.search.records import make_records

# The first run installs the clients.
pytestmark = pytest.mark.timeout(600)

PYTHON_CLIENTS = {
    "elasticsearch-7": ("elasticsearch", "elasticsearch>=7.17,<8"),
    "elasticsearch-8": ("elasticsearch", "elasticsearch>=8.19,<9"),
    "elasticsearch-9": ("elasticsearch", "elasticsearch>=9.1,<10"),
    "opensearch": ("opensearchpy", "opensearch-py>=3,<4"),
}
# The request, the exceptions of Python's clients, the status, part of the message.
REFUSALS = (
    ("refused", ("BadRequestError", "RequestError"), 400, "unknown query 'foo'"),
    ("elsewhere", ("NotFoundError",), 404, "no such index [other]"),
)
KINDS = {"refused": "parsing_exception", "elsewhere": "index_not_found_exception"}
JAVASCRIPT_CLIENTS = ("elasticsearch-8", "elasticsearch-9")


def check(answer: dict[str, Any]) -> None:
    """Check what every client has to have found."""
    macs = [each for each in make_records() if each["target"]["os"] == "mac"]
    assert answer["total"] == {"value": len(macs), "relation": "eq"}
    assert answer["ids"] == [each["id"] for each in macs[:3]]
    assert answer["products"] == Counter(each["source"]["product"] for each in macs)
    assert answer["count"] == len(macs)
    assert answer["statuses"] == [200, 400]
    assert answer["named_total"] == answer["named_count"] == 300
    assert [
        {"source", "target", "build", "download"} <= set(each) for each in answer["mapped"]
    ] == [True]
    assert answer["ping"] is True
    assert answer["server"] == "You Know, for Search"
    assert answer["document"] == answer["source"] == "record-001"
    assert answer["exists"] == answer["exists_source"] == [True, False]
    assert answer["found"] == [True, False, True, False]
    assert answer["missing"][1] == 404
    for asked, kind in KINDS.items():
        message, found, reason = answer[asked][2:]
        assert (found, reason) == (kind, message)


def check_pages(answer: dict[str, Any]) -> None:
    """Check that each way to read all hits found each once."""
    records = make_records()
    ids = [each["id"] for each in records]
    macs = [each["id"] for each in records if each["target"]["os"] == "mac"]
    by_size = sorted(records, key=lambda each: -each["download"]["size"])
    assert answer["scanned"] == [ids, macs, [each["id"] for each in by_size]]
    if answer["paged"] is not None:
        by_os = sorted(records, key=lambda each: each["target"]["os"])
        assert answer["paged"] == [each["id"] for each in by_os]
    if answer["iterated"] is not None:
        assert answer["iterated"] == [macs, macs]


@pytest.mark.parametrize("name", PYTHON_CLIENTS)
def test_an_official_python_client_works(name: str, collection_url: str) -> None:
    module, requirement = PYTHON_CLIENTS[name]
    folder = install_python(name, requirement)
    program = str(CLIENTS / "search" / "python_client.py")
    answer = ask(sys.executable, program, module, collection_url, PYTHONPATH=str(folder))
    check(answer)
    assert answer["missing"][0] == "NotFoundError"
    check_pages(answer)
    assert set(answer["part"]["target"]) == {"os"}
    assert answer["indices_exist"] == [True, True, True, False]
    assert answer["indices"] == answer["mapped"]
    assert answer["version"].split(".")[0] == requirement.split("=")[1][0]
    for asked, error, status, message in REFUSALS:
        assert answer[asked][0] in error
        assert answer[asked][1] == status
        assert message in answer[asked][2]


@pytest.mark.parametrize("name", JAVASCRIPT_CLIENTS)
def test_the_official_javascript_client_works(name: str, collection_url: str) -> None:
    folder = install_javascript(CLIENTS / "search")
    answer = ask("node", str(folder / "javascript_client.js"), name, collection_url)
    assert answer["version"].split(".")[0] == name[-1]
    check(answer)
    assert answer["scrolled"] == [
        each["id"] for each in make_records() if each["target"]["os"] == "mac"
    ]
    for asked, _, status, message in REFUSALS:
        assert answer[asked][:2] == ["ResponseError", status]
        assert message in answer[asked][2]


def test_searchkit_works(collection_url: str) -> None:
    folder = install_javascript(CLIENTS / "search")
    answer = ask("node", str(folder / "searchkit_client.js"), collection_url)
    records = make_records()
    products = Counter(each["source"]["product"] for each in records)
    assert answer["misspelt"] == products["firefox"]
    assert answer["highlighted"] == ["firefox"]
    assert answer["start"] == products["thunderbird"]
    macs = sum(each["target"]["os"] == "mac" for each in records)
    assert answer["facets"] == {"os": {"mac": macs}}
    assert answer["large"] == sum(each["download"]["size"] >= 2_000_000 for each in records)
    channels = Counter(each["target"]["channel"] for each in records)
    assert answer["values"] == [["nightly", channels["nightly"]]]
    assert answer["newest"] == max(records, key=lambda each: each["download"]["date"])["id"]
