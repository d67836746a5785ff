"""The search servers of the tests have the version that they claim."""

import json
import urllib.request
from pathlib import Path

import pytest

from tests.stand_ins.search_servers import SearchServer

# The first test waits until the server is fetched and started.
pytestmark = pytest.mark.timeout(900)


def test_the_server_is_of_its_version(search_server: SearchServer) -> None:
    url = f"{search_server.url}/_nodes/_local?filter_path=nodes.*.version"
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - http only.
        (node,) = json.load(answer)["nodes"].values()
    assert node["version"] == search_server.kind.version


def test_the_server_listens_on_loopback_only(search_server: SearchServer) -> None:
    port = int(search_server.url.rsplit(":", 1)[1])
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    if not tables[0].exists():
        pytest.skip("only Linux lists listening sockets in /proc")
    listeners = [
        address
        for table in tables
        for _, local, _, state, *_ in map(str.split, table.read_text().splitlines()[1:])
        for address, _, number in [local.partition(":")]
        if state == "0A" and int(number, 16) == port
    ]
    loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
    assert listeners, "no process listens"
    assert set(listeners) <= loopback
