"""The bulk endpoint under the production server, with real clients and real accidents."""

import asyncio
import gzip
import http.client
import json
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import psycopg2
import pytest
import requests

from tests.conftest import PUBLISHER_HEADERS, kinto_settings
from tests.requirements import require
from tests.server.bulk import NDJSON, ndjson
from tests.stand_ins.live_server import LiveServer, live_server

HEADERS = PUBLISHER_HEADERS | NDJSON
BATCH_SIZE = 100


@pytest.fixture(scope="module")
def database_url(make_database: Callable[[], str]) -> str:
    return make_database()


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[LiveServer]:
    settings = kinto_settings(database_url, **{"kinto.bulk.batch_size": str(BATCH_SIZE)})
    with live_server(settings) as server:
        yield server


@pytest.fixture
def url(server: LiveServer) -> str:
    return make_collection(server)


def make_collection(server: LiveServer) -> str:
    bucket = f"{server.url}/buckets/{uuid.uuid4().hex}"
    for each in (bucket, f"{bucket}/collections/c"):
        requests.put(each, json={}, headers=PUBLISHER_HEADERS, timeout=10).raise_for_status()
    return f"{bucket}/collections/c"


def records(count: int, size_bytes: int = 0) -> list[dict[str, Any]]:
    return [{"id": f"r{number:06}", "text": "x" * size_bytes} for number in range(count)]


def stored_ids(url: str) -> set[str]:
    answer = requests.get(f"{url}/records?_fields=id", headers=PUBLISHER_HEADERS, timeout=30)
    return {record["id"] for record in answer.json()["data"]}


def connect(url: str) -> tuple[socket.socket, str]:
    """Open a connection, and return it with the head of a chunked request."""
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    head = f"POST /{path}/bulk HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    connection = socket.create_connection((name, int(port)), timeout=60)
    connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    return connection, head


def send_chunk(connection: socket.socket, data: bytes) -> None:
    connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def test_curl_sends_a_file(url: str, tmp_path: Path) -> None:
    require(shutil.which("curl"), "curl is not installed")
    plain, packed = tmp_path / "records.ndjson", tmp_path / "records.ndjson.gz"
    plain.write_bytes(ndjson(records(1000, 3000)))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    headers = [f"-H{name}: {value}" for name, value in HEADERS.items()]

    def curl(*arguments: str) -> Any:
        output = subprocess.run(
            ["curl", "-sS", *headers, *arguments, f"{url}/bulk"], capture_output=True, check=True
        ).stdout
        assert output.count(b"\n") == 1001
        return json.loads(output.splitlines()[-1])["summary"]

    assert curl("--data-binary", f"@{plain}")["created"] == 1000
    gzipped = curl("-HContent-Encoding: gzip", "--data-binary", f"@{packed}")
    assert gzipped["unchanged"] == 1000
    chunked = curl("-XPOST", "-HTransfer-Encoding: chunked", "-T", str(plain))
    assert chunked["unchanged"] == 1000


def test_a_body_that_comes_in_pieces_is_written_when_it_is_whole(url: str) -> None:
    """With aiohttp, which sends a generator's pieces as they come."""
    stored_before_the_end: list[set[str]] = []

    async def slowly() -> Any:
        yield ndjson(records(BATCH_SIZE, 2000))
        await asyncio.sleep(1)
        stored_before_the_end.append(await asyncio.to_thread(stored_ids, url))
        yield ndjson([{"id": "last"}])

    async def run() -> list[Any]:
        async with (
            aiohttp.ClientSession(headers=HEADERS) as session,
            session.post(f"{url}/bulk", data=slowly()) as answer,
        ):
            return [json.loads(line) async for line in answer.content]

    answers = asyncio.run(run())
    assert [line.get("id") for line in answers[-3:]] == ["r000099", "last", None]
    assert answers[-1]["summary"]["created"] == BATCH_SIZE + 1
    assert stored_before_the_end == [set()]


def test_results_arrive_while_records_are_still_written(url: str) -> None:
    with requests.post(
        f"{url}/bulk", data=ndjson(records(20_000)), headers=HEADERS, stream=True, timeout=60
    ) as answer:
        lines = answer.iter_lines()
        assert json.loads(next(lines))["status"] == "created"
        assert len(stored_ids(url)) < 20_000
        assert json.loads(list(lines)[-1])["summary"]["created"] == 20_000


def test_a_client_may_send_everything_before_it_reads(url: str) -> None:
    connection, _ = connect(url)
    # Each is answered with twice its size, 12 MB: more than the buffers of both sides take.
    line = ndjson([{"id": "a " * 1000}])
    for _ in range(30):
        send_chunk(connection, line * 100)
    connection.sendall(b"0\r\n\r\n")
    response = http.client.HTTPResponse(connection)
    response.begin()
    answer = response.read()  # Without the lengths of its pieces, which may stand anywhere in it.
    connection.close()
    assert len(answer) > 10_000_000
    assert answer.count(b'"invalid","error"') == 3000
    assert b'"summary":{"created":0,"updated":0,"unchanged":0,"invalid":3000' in answer


def test_a_client_that_goes_away_leaves_nothing_behind(url: str, database_url: str) -> None:
    for _ in range(40):  # More than the pool has connections.
        connection, _ = connect(url)
        send_chunk(connection, ndjson(records(BATCH_SIZE + 10, 1000)))
        connection.close()
    answer = requests.post(
        f"{url}/bulk", data=ndjson([{"id": "still"}]), headers=HEADERS, timeout=30
    )
    assert answer.text.count("created") == 2
    give_up = time.monotonic() + 10
    while open_transactions(database_url) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert open_transactions(database_url) == []


def open_transactions(database_url: str) -> list[str]:
    connection = psycopg2.connect(database_url)
    connection.autocommit = True  # Not to count itself.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
        )
        queries = [query for (query,) in cursor]
    connection.close()
    return queries


def test_a_body_that_breaks_off_is_not_written_in_part(url: str) -> None:
    connection, head = connect(url)
    connection.close()
    connection = socket.create_connection(connection_address(url), timeout=10)
    body = ndjson(records(10))
    connection.sendall(f"{head}Content-Length: {len(body) + 1}\r\n\r\n".encode() + body)
    connection.shutdown(socket.SHUT_WR)
    connection.recv(65536)
    connection.close()
    time.sleep(0.2)
    assert stored_ids(url) == set()


def connection_address(url: str) -> tuple[str, int]:
    name, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    return name, int(port)


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(url: str) -> None:
    connection, head = connect(url)
    connection.close()
    connection = socket.create_connection(connection_address(url), timeout=10)
    connection.sendall(f"{head}Content-Length: {2**30}\r\n\r\n".encode())
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
    connection.close()
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b"larger than 536870912 bytes" in answer


def test_what_a_killed_server_has_acknowledged_is_stored(make_database) -> None:
    settings = kinto_settings(make_database(), **{"kinto.bulk.batch_size": str(BATCH_SIZE)})
    with live_server(settings) as doomed:
        url = make_collection(doomed)
        answered = bytearray()
        with (
            requests.post(
                f"{url}/bulk",
                data=ndjson(records(20_000)),
                headers=HEADERS,
                stream=True,
                timeout=60,
            ) as answer,
            suppress(requests.exceptions.ChunkedEncodingError),
        ):
            for block in answer.iter_content(chunk_size=4096):
                answered += block
                if len(answered) > 50_000 and doomed.process.poll() is None:
                    doomed.kill()
    assert b"summary" not in answered
    acknowledged = {json.loads(line)["id"] for line in answered.splitlines(keepends=True)[:-1]}
    with live_server(settings) as successor:
        stored = stored_ids(url.replace(str(doomed.port), str(successor.port)))
    assert acknowledged <= stored
    # Only whole chunks.
    assert len(stored) % BATCH_SIZE == 0
    assert BATCH_SIZE <= len(stored) < 20_000
    assert stored == {record["id"] for record in records(len(stored))}


def test_memory_does_not_grow_with_the_request(server: LiveServer, url: str) -> None:
    (worker_id,) = server.worker_ids()

    def peak_after(count: int) -> int:
        lines = (ndjson([{"id": f"r{n % 2000}", "text": "x" * 500}]) for n in range(count))
        answer = requests.post(f"{url}/bulk", data=lines, headers=HEADERS, timeout=100)
        assert sum(json.loads(answer.text.splitlines()[-1])["summary"].values()) == count
        status = Path(f"/proc/{worker_id}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])

    small = peak_after(4_000)
    assert peak_after(30_000) - small < 15_000  # KB; the body alone has that much.
