"""The cost of the `Complete-Until` header: reading records with and without it.

Usage: python -m bench.coverage [--requests N]

Two servers on one database differ in nothing but coverage; the one without it is the peer. Neither
has the fast path for anonymous reads. Both get each request, in turns, so that other work on the
machine affects both.

First the latency over HTTP, in milliseconds. Then the processor time, which other work on the
machine hardly affects: of all threads of a process with both applications, including the thread
that reads coverage every second. The time in the database, one small query a second, is not
included.
"""

import argparse
import http.client
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import kinto
import requests
from buildhub_schema import BUCKET_ID, COLLECTION_ID, collection_metadata
from buildhub_schema.coverage import PAIRS, coverage_collection_id, coverage_id
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.settings import read_settings
from webob import Request

from bench.corpus import iter_records
from bench.corpus_database import load_corpus, settle
from bench.kinto_server import settings
from tests.stand_ins.live_server import live_server

RECORDS = 20_000
RECORDS_PATH = f"/v1/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}/records"
COMMON = (
    "request_hooks.release_memory",
    "filters",
    "request_hooks.old_record_ids",
    "bulk",
    "search",
    "request_hooks.bodies.deep_json",
)
AUTH = ("bench", "bench")

_REQUESTS_A_TURN = 20


def includeme(config: Any) -> None:
    """Include what both servers have of our plugin."""
    config.registry.buildhub_settings = read_settings(config.get_settings())
    for name in COMMON:
        config.include(f"kinto_buildhub.{name}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2000, help="requests to each server")
    count = parser.parse_args().requests
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
    ):
        peer_settings = settings("ours", url) | {"kinto.includes": "bench.coverage"}
        server_settings = peer_settings | {
            "kinto.includes": "bench.coverage kinto_buildhub.coverage"
        }
        migrate(server_settings, progress=lambda _: None)
        load_corpus(url, RECORDS)
        settle(url)
        with live_server(server_settings) as server, live_server(peer_settings) as peer:
            _create_collections(server.url)
            peer_ms, server_ms = _measure_latency(peer.port, server.port, count)
        peer_us, server_us = _measure_cpu(peer_settings, server_settings, count)
    for name, milliseconds in (("without", peer_ms), ("with Complete-Until", server_ms)):
        print(f"{name:20} {milliseconds:6.2f} ms   {milliseconds / peer_ms:4.2f} x without")
    for name, microseconds in (("without", peer_us), ("with Complete-Until", server_us)):
        ratio = microseconds / peer_us
        print(f"{name:20} {microseconds:6.0f} µs of processor time   {ratio:5.3f} x without")


def _measure_cpu(
    peer_settings: dict[str, str], server_settings: dict[str, str], count: int
) -> tuple[float, float]:
    """Return the mean processor time of a request to each application, in microseconds.

    Each turn is several requests, because reading the clock takes time too.
    """
    applications = [kinto.main({}, **each) for each in (peer_settings, server_settings)]
    paths = [f"{RECORDS_PATH}?build.id={each}&_limit=1" for each in _build_ids()]
    seconds = [0.0, 0.0]
    for turn in range(0, count, _REQUESTS_A_TURN):
        for which in (0, 1) if turn // _REQUESTS_A_TURN % 2 else (1, 0):
            started = time.process_time()
            for number in range(turn, turn + _REQUESTS_A_TURN):
                request = Request.blank(paths[number % len(paths)])
                answer = request.get_response(applications[which])
                assert answer.status_code == 200, answer.text
                assert ("Complete-Until" in answer.headers) == (which == 1)
            # The first turns fill caches.
            if turn >= count // 10:
                seconds[which] += time.process_time() - started
    measured = count - count // 10
    return 1e6 * seconds[0] / measured, 1e6 * seconds[1] / measured


def _build_ids() -> list[str]:
    return sorted({r["build"]["id"] for _, r in iter_records(RECORDS) if "build" in r})


def _create_collections(server_url: str) -> None:
    """Create the collections; the records already exist."""
    bucket = f"{server_url}/buckets/{BUCKET_ID}"
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    coverage = f"{bucket}/collections/{coverage_collection_id(COLLECTION_ID)}"
    bodies = {
        bucket: everyone,
        f"{bucket}/collections/{COLLECTION_ID}": {"data": collection_metadata()},
        coverage: {},
    } | {
        f"{coverage}/records/{coverage_id(*pair)}": {
            "data": {
                "product": pair[0],
                "channel": pair[1],
                "complete_until": "2025-03-01T00:00:00Z",
            }
        }
        for pair in PAIRS
    }
    for address, body in bodies.items():
        requests.put(address, json=body, auth=AUTH, timeout=30).raise_for_status()


def _measure_latency(peer_port: int, server_port: int, count: int) -> tuple[float, float]:
    """Return the median latency of each server, in milliseconds."""
    build_ids = _build_ids()
    connections = [http.client.HTTPConnection("127.0.0.1", p) for p in (peer_port, server_port)]
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(count):
        build_id = build_ids[number % len(build_ids)]
        # The second server finds the pages cached in the database, so they swap places.
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            connections[which].request("GET", f"{RECORDS_PATH}?build.id={build_id}&_limit=1")
            answer = connections[which].getresponse()
            answer.read()
            times[which].append(1000 * (time.perf_counter() - start))
            assert answer.status == 200
            assert (answer.getheader("Complete-Until") is not None) == (which == 1)
    return median(times[0]), median(times[1])


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
