"""Requests a second of our server under four WSGI servers, and of a stock Kinto under waitress.

Usage: python -m bench.servers [--seconds N]

Eight connections ask for the builds of one ID each: first of thousands, hardly any of them twice,
and then of a hundred, again and again. The servers take turns, so that a machine that slows down
slows all of them; each is printed as a ratio to the stock Kinto under waitress, which Kinto brings
along. Granian is no dependency of ours: without it the others are compared, and
``pip install granian`` brings it in.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import aiohttp
import requests
from buildhub_schema import BUCKET_ID, COLLECTION_ID, collection_metadata

from bench.corpus import iter_records
from bench.corpus_database import loaded_database

RECORDS = 20_000
CONNECTIONS = 8
REPEATED_IDS = 100
ROUNDS = 3
PORT = 8861
_LOADING_SECONDS = 4.0
BIN = Path(sys.executable).parent

REFERENCE = "stock, waitress"
_WAITRESS = (
    *("waitress-serve", f"--listen=127.0.0.1:{PORT}", "--threads=8"),
    *("--call", "bench.kinto_server:load_application"),
)
# Which application, and the command that serves it.
SERVERS: dict[str, tuple[str, Sequence[str]]] = {
    REFERENCE: ("stock", _WAITRESS),
    "ours, waitress": ("ours", _WAITRESS),
    "ours, granian": (
        "ours",
        (
            *("granian", "--interface=wsgi", "--factory", f"--port={PORT}", "--workers=2"),
            *("--blocking-threads=4", "--log-level=warning", "bench.kinto_server:load_application"),
        ),
    ),
    "ours, gunicorn": (
        "ours",
        (
            *("gunicorn", f"--bind=127.0.0.1:{PORT}", "--workers=2", "--threads=4"),
            *("--log-level=warning", "bench.kinto_server:load_application()"),
        ),
    ),
    "ours, own worker": (
        "ours",
        (
            *("gunicorn", f"--bind=127.0.0.1:{PORT}", "--workers=2", "--threads=4"),
            *("--worker-class=kinto_buildhub.run.gunicorn_worker.Worker", "--keep-alive=75"),
            *("--no-sendfile", "--log-level=warning", "bench.kinto_server:load_application()"),
        ),
    ),
}


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a turn")
    seconds = parser.parse_args().seconds
    servers = {
        name: (kind, command)
        for name, (kind, command) in SERVERS.items()
        if (BIN / command[0]).exists()
    }
    build_ids = sorted({r["build"]["id"] for _, r in iter_records(RECORDS) if "build" in r})
    questions = {"new": build_ids, "repeated": build_ids[:REPEATED_IDS]}
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    with loaded_database(RECORDS) as url:
        for _ in range(ROUNDS):
            for name, (kind, command) in servers.items():
                with running(kind, command, url):
                    make_collection()
                    for question, asked in questions.items():
                        rates[name, question].append(asyncio.run(_drive(seconds, asked)))
    for (name, question), measured in rates.items():
        rate, reference = median(measured), median(rates[REFERENCE, question])
        print(
            f"{name:15} {question:8} {rate:7.0f} requests/s   {rate / reference:5.2f} x {REFERENCE}"
        )


@contextmanager
def running(kind: str, command: Sequence[str], url: str) -> Iterator[None]:
    """Run a server; *kind* is one of `bench.kinto_server`."""
    program, *arguments = command
    environment = {"BENCH_KIND": kind, "BENCH_URL": url}
    process = subprocess.Popen([str(BIN / program), *arguments], env=os.environ | environment)
    try:
        _wait()
        yield
    finally:
        process.terminate()
        process.wait()


def _wait() -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/v1/__lbheartbeat__"):
                # The other worker may still load; until then all connections go to the first one.
                time.sleep(_LOADING_SECONDS)
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


def make_collection() -> None:
    """Create bucket and collection, once; the records are there already."""
    bucket = f"http://127.0.0.1:{PORT}/v1/buckets/{BUCKET_ID}"
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    for address, body in (
        (bucket, everyone),
        (f"{bucket}/collections/{COLLECTION_ID}", {"data": collection_metadata()}),
    ):
        requests.put(address, json=body, auth=("bench", "bench"), timeout=30).raise_for_status()


async def _drive(seconds: float, build_ids: Sequence[str]) -> float:
    """Return how many requests a second eight connections get answered."""
    records = f"http://127.0.0.1:{PORT}/v1/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}/records"
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        start = time.perf_counter()

        async def ask(number: int) -> int:
            count = 0
            while time.perf_counter() - start < seconds:
                build_id = build_ids[(number + count * CONNECTIONS) % len(build_ids)]
                # In JSON quotes: a stock Kinto takes the digits for a number.
                query = {"build.id": f'"{build_id}"', "_limit": "1"}
                async with session.get(records, params=query) as answer:
                    assert (await answer.json())["data"]
                count += 1
            return count

        counts = await asyncio.gather(*(ask(number) for number in range(CONNECTIONS)))
        return sum(counts) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
