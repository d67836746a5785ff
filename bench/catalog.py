"""The catalogue's page: this server against Datasette, with the same builds, page by page.

Ours is ``buildhub serve`` after ``buildhub load`` of the sample archive, as users run them;
Datasette has what our database then holds in one SQLite table, with an index for each facet and
column, the same facets and rows, and enough time to count them. Server times are those of the whole
page, over one kept connection that accepts gzip, the two in turn. Loads and keys are measured in
Chromium, loads with an empty cache.

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.catalog_browser import first_load, first_row_ms, keystrokes_ms
from bench.catalog_peer import sample
from bench.catalog_servers import both_servers, fill_both
from tests.browser.chromium import running_chromium

_ROWS = 2000
_LOADS = 10
_TEXTS = ["53.0b9 linux fr", "firefox esr win64 de", "nightly 2017-06-01", "20170403083344"]

Pages = tuple[str, str]
"""The addresses of the two pages, without a query."""
Row = dict[str, Any]
"""A build, by the names of the columns."""


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of page: what it is asked for, made from a build and a number."""

    name: str
    ours: Callable[[Row, int], dict[str, str]]
    peer: Callable[[Row, int], dict[str, str]]


def _nothing(_: Row, __: int) -> dict[str, str]:
    return {}


# Every build is younger, so each of them asks anew for everything.
def _day(number: int) -> str:
    return f"{1990 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


CASES = (
    Case("everything", _nothing, _nothing),
    Case(
        "everything, never asked before",
        lambda _, number: {"from": _day(number)},
        lambda _, number: {"published__gte": _day(number)},
    ),
    Case(
        "one version",
        lambda row, _: {"version": row["version"]},
        lambda row, _: {"version": row["version"]},
    ),
    Case(
        "one locale",
        lambda row, _: {"locale": row["locale"]},
        lambda row, _: {"locale": row["locale"]},
    ),
    Case(
        "a pasted build ID",
        lambda row, _: {"q": row["build"]},
        lambda row, _: {"build": row["build"]},
    ),
)


def main() -> None:
    """Fill both servers, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasette", type=Path, required=True, help="the program")
    parser.add_argument("--sample", default="100000", help="size of the sample archive, as SAMPLE")
    parser.add_argument("--requests", type=int, default=100, help="of each kind of page")
    parser.add_argument("--data", type=Path, help="folder that keeps both for the next run")
    parser.add_argument("--fill-only", action="store_true", help="measure nothing")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not arguments.datasette.exists():
        parser.error(f"there is no {arguments.datasette}; pip install datasette brings it")
    with tempfile.TemporaryDirectory(prefix="buildhub-bench-") as name:
        folder = (arguments.data or Path(name)) / arguments.sample
        rows = sample(fill_both(folder, arguments.sample), _ROWS)
        if not arguments.fill_only:
            with both_servers(folder, arguments.datasette) as pages:
                _measure(pages, rows, arguments)


def _measure(pages: Pages, rows: list[Row], arguments: argparse.Namespace) -> None:
    draw = random.Random(arguments.seed)  # noqa: S311 - the same on every run.
    _report_server_times(pages, rows, draw, arguments.requests)
    with running_chromium() as browser:
        print(f"\n{'first load':32}{'ours':>18}{'datasette':>18}{'times':>8}")
        loads = [first_load(browser, page) for page in pages]
        _print_row("requests", *(each.requests for each in loads))
        _print_row("kB on the wire", *(each.wire_bytes / 1000 for each in loads))
        print(f"\n{'first row, 4x slower, p50 ms':32}{'ours':>18}{'datasette':>18}{'times':>8}")
        for case in CASES:
            streams = [_addresses(case, pages, rows, draw, which) for which in (0, 1)]
            loads_ms = [
                [first_row_ms(browser, next(stream)) for stream in streams] for _ in range(_LOADS)
            ]
            _print_row(case.name, *map(statistics.median, zip(*loads_ms, strict=True)))
        keys = keystrokes_ms(browser, pages[0], _TEXTS)
        print(f"\nkey to rows, p50 / p99 ms: {_p50_and_p99(keys)} ({len(keys)} keys)")


def _addresses(
    case: Case, pages: Pages, rows: list[Row], draw: random.Random, which: int
) -> Iterator[str]:
    ask = (case.ours, case.peer)[which]
    for number in range(10**6):
        query = urlencode(ask(draw.choice(rows), number))
        yield f"{pages[which]}?{query}" if query else pages[which]


def _report_server_times(pages: Pages, rows: list[Row], draw: random.Random, count: int) -> None:
    connections = [http.client.HTTPConnection(str(urlsplit(page).netloc)) for page in pages]
    print(f"\n{'server, p50 / p99 ms':32}{'ours':>18}{'datasette':>18}{'times':>8}")
    for case in CASES:
        times: tuple[list[float], list[float]] = ([], [])
        streams = [_addresses(case, pages, rows, draw, which) for which in (0, 1)]
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
