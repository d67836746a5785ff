"""The catalogue's page: this server against Datasette, with the same builds, page by page.

Ours is ``buildhub serve`` as users run it; Datasette has the builds in one SQLite table, with an
index for each facet and column, the same facets and rows, and enough time to count them. Server
times are those of the whole page, over one kept connection that accepts gzip, the two in turn.
Loads and keys are measured in Chromium, loads with an empty cache.

Run as ``python -m bench.catalog --datasette datasette/bin/datasette``, after
``python -m venv datasette && datasette/bin/pip install datasette``.
"""

import argparse
import http.client
import math
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.catalog_browser import first_load, first_row_ms, keystrokes_ms
from bench.catalog_peer import datasette
from bench.corpus import iter_records
from bench.search_servers import buildhub
from bench.steps import timed_step
from tests.browser.chromium import running_chromium

_SAMPLE = 2000
_LOADS = 10
_TEXTS = ["53.0b9 linux fr", "firefox esr win64 de", "nightly 2017-06-01", "20170403083344"]

Pages = tuple[str, str]
"""The addresses of the two pages, without a query."""


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of page: what it is asked for, made from a record and a number."""

    name: str
    ours: Callable[[dict[str, Any], int], dict[str, str]]
    peer: Callable[[dict[str, Any], int], dict[str, str]]


def _nothing(_: dict[str, Any], __: int) -> dict[str, str]:
    return {}


# Every build is younger, so each of them asks anew for everything.
def _day(_: dict[str, Any], number: int) -> str:
    return f"{1990 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


CASES = (
    Case("everything", _nothing, _nothing),
    Case(
        "everything, never asked before",
        lambda record, number: {"from": _day(record, number)},
        lambda record, number: {"published__gte": _day(record, number)},
    ),
    Case(
        "one version",
        lambda record, _: {"version": record["target"]["version"]},
        lambda record, _: {"version": record["target"]["version"]},
    ),
    Case(
        "one locale",
        lambda record, _: {"locale": record["target"]["locale"]},
        lambda record, _: {"locale": record["target"]["locale"]},
    ),
    Case(
        "a pasted build ID",
        lambda record, _: {"q": record["build"]["id"]},
        lambda record, _: {"build": record["build"]["id"]},
    ),
)


def main() -> None:
    """Fill both servers, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasette", type=Path, required=True, help="the program")
    parser.add_argument("--builds", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100, help="of each kind of page")
    parser.add_argument("--data", type=Path, help="folder for our database and index")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not arguments.datasette.exists():
        parser.error(f"there is no {arguments.datasette}; pip install datasette brings it")
    with tempfile.TemporaryDirectory(prefix="buildhub-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        with timed_step(f"both servers with {arguments.builds:,} builds"):
            data = arguments.data or folder / "data"
            ours = stack.enter_context(buildhub(data, arguments.builds))
            peer = stack.enter_context(datasette(arguments.datasette, folder, arguments.builds))
        _measure((f"{ours.url}/catalog/", peer), arguments)


def _measure(pages: Pages, arguments: argparse.Namespace) -> None:
    records = list(_sample(arguments.builds))
    draw = random.Random(arguments.seed)  # noqa: S311 - the same on every run.
    _report_server_times(pages, records, draw, arguments.requests)
    with running_chromium() as browser:
        print(f"\n{'first load':32}{'ours':>18}{'datasette':>18}{'times':>8}")
        loads = [first_load(browser, page) for page in pages]
        _print_row("requests", *(each.requests for each in loads))
        _print_row("kB on the wire", *(each.wire_bytes / 1000 for each in loads))
        print(f"\n{'first row, 4x slower, p50 ms':32}{'ours':>18}{'datasette':>18}{'times':>8}")
        for case in CASES:
            streams = [_addresses(case, pages, records, draw, which) for which in (0, 1)]
            loads_ms = [
                [first_row_ms(browser, next(stream)) for stream in streams] for _ in range(_LOADS)
            ]
            _print_row(case.name, *map(statistics.median, zip(*loads_ms, strict=True)))
        keys = keystrokes_ms(browser, pages[0], _TEXTS)
        print(f"\nkey to rows, p50 / p99 ms: {_p50_and_p99(keys)} ({len(keys)} keys)")


def _sample(count: int) -> Iterator[dict[str, Any]]:
    """Yield records with a build ID, from everywhere in the corpus."""
    step = max(1, count // _SAMPLE)
    for number, (_, record) in enumerate(iter_records(count)):
        if number % step == 0 and "build" in record:
            yield record


def _addresses(
    case: Case, pages: Pages, records: list[dict[str, Any]], draw: random.Random, which: int
) -> Iterator[str]:
    ask = (case.ours, case.peer)[which]
    for number in range(10**6):
        query = urlencode(ask(draw.choice(records), number))
        yield f"{pages[which]}?{query}" if query else pages[which]


def _report_server_times(
    pages: Pages, records: list[dict[str, Any]], draw: random.Random, count: int
) -> None:
    connections = [http.client.HTTPConnection(str(urlsplit(page).netloc)) for page in pages]
    print(f"\n{'server, p50 / p99 ms':32}{'ours':>18}{'datasette':>18}{'times':>8}")
    for case in CASES:
        times: tuple[list[float], list[float]] = ([], [])
        streams = [_addresses(case, pages, records, draw, which) for which in (0, 1)]
        for _ in range(count):
            for connection, stream, seen in zip(connections, streams, times, strict=True):
                seen.append(_ask_ms(connection, next(stream)))
        ratio = statistics.median(times[1]) / statistics.median(times[0])
        cells = "".join(f"{_p50_and_p99(each):>18}" for each in times)
        print(f"{case.name:32}{cells}{ratio:8.1f}", flush=True)


def _ask_ms(connection: http.client.HTTPConnection, address: str) -> float:
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise SystemExit(f"{address}: {response.status}")
    return (time.perf_counter() - start) * 1000


def _p50_and_p99(values: Sequence[float]) -> str:
    ordered = sorted(values)
    worst = ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.99) - 1)]
    return f"{statistics.median(ordered):.1f} / {worst:.1f}"


def _print_row(name: str, ours: float, peer: float) -> None:
    print(f"{name:32}{ours:18.1f}{peer:18.1f}{peer / ours:8.1f}", flush=True)


if __name__ == "__main__":
    main()
