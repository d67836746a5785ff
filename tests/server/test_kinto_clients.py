"""Kinto's own clients, as programs: reads, batches, paging, changes since, and conflicts."""

import json
import sys
from typing import Any

import pytest

from tests.conftest import make_record
from tests.server.search.programs import CLIENTS, ask, install_javascript

RECORDS = [
    make_record(id="first", build__id="20170401000000"),
    make_record(id="second", build__id="20170402000000"),
    make_record(id="third", build__id="20170403000000"),
]

# The first run installs the client.
pytestmark = pytest.mark.timeout(600)


def check(answer: dict[str, Any]) -> None:
    """Check what every client has to have found."""
    assert answer["created"] == ["first", "second", "third"]
    assert answer["filtered"] == ["third"]
    assert answer["paged"] == ["first", "third"]
    assert answer["first_page"] == ["first"]
    assert answer["changed"] == [["first", False], ["second", True]]
    assert answer["conflict"] == answer["existing"] == 412
    assert answer["forbidden"] == 401
    assert answer["missing"] == 404
    assert "target.version" in answer["refused"]


def test_kinto_http_for_python(live_server: str, collection_path: str) -> None:
    bucket_id = collection_path.split("/")[3]
    program = str(CLIENTS / "kinto_client.py")
    check(ask(sys.executable, program, live_server, bucket_id, json.dumps(RECORDS)))


def test_kinto_http_for_javascript(live_server: str, collection_path: str) -> None:
    bucket_id = collection_path.split("/")[3]
    program = str(install_javascript(CLIENTS) / "kinto_client.js")
    answer = ask("node", program, live_server, bucket_id, json.dumps(RECORDS))
    check(answer)
    assert answer["total"] == 2
