"""Reading: this server against a stock Kinto, with the same records, question by question.

Both run over HTTP on one PostgreSQL, each with a database of its own; the stock one has the
indexes that Kinto makes, ours those of our migration. Each request is sent to the two in turn,
their answers are compared, and the median times are printed with their ratio. Requests have no
credentials, like those of the catalogue's readers. The stock server gets values in JSON quotes, so
that it finds the same. Our server keeps answers while nothing is written, so something is written
before each request, unless the case says *again*.

Run as ``python -m bench.reads --records 1000000``.
"""

import argparse
import base64
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from buildhub_schema import BUCKET_ID, collection_metadata
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.migrate import initialize_tables, migrate

from bench.corpus_database import PARENT_ID, connect, copy_database, load_corpus, settle
from bench.kinto_server import settings
from bench.steps import timed_step

RECORDS_PATH = f"/v1{PARENT_ID}/records"
_AUTHORIZATION = {"Authorization": "Basic YmVuY2g6YmVuY2g="}
_MIN_RUNS, _MAX_RUNS = 3, 40

Servers = tuple[http.client.HTTPConnection, http.client.HTTPConnection]
"""The stock one, and ours."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and the query strings for the two.

    Attributes:
        again: whether nothing is written before it is asked again.
        path: below the list of records.
    """

    name: str
    stock: str
    ours: str
    method: str = "GET"
    again: bool = False
    path: str = ""


def main() -> None:
    """Fill two databases, start two servers, ask both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each case")
    parser.add_argument("--only", default="", help="part of the name of the cases to run")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
    ):
        stock_url = _fill(url, arguments.records)
        cases = [case for case in _cases(url) if arguments.only in case.name]
        with running_server("stock", stock_url) as stock, running_server("ours", url) as ours:
            _report(cases, (stock, ours), url, arguments)


def _fill(url: str, count: int) -> str:
    """Fill the database at *url* and a copy of it for the stock server; return the copy's URL."""
    with timed_step(f"filling two databases with {count:,} records"):
        with opened_registry(settings("stock", url), command="migrate") as registry:
            initialize_tables(registry)
        load_corpus(url, count)
        stock_url = copy_database(url, "stock")
        settle(stock_url)
    with timed_step("our migration"):
        migrate(settings("ours", url), progress=lambda _: None)
        settle(url)
    return stock_url


def _cases(url: str) -> Iterator[Case]:
    """Yield the questions, on values that the corpus has."""
    with connect(url) as connection, connection.cursor() as cursor:

        def middle(order: str, where: str = "true") -> Any:
            cursor.execute(
                "SELECT data || jsonb_build_object("
                "'id', id, 'last_modified', as_epoch(last_modified)) "
                f"FROM objects WHERE resource_name = 'record' AND {where} ORDER BY {order} "
                f"OFFSET (SELECT count(*) / 2 FROM objects "
                f"WHERE resource_name = 'record' AND {where}) LIMIT 1"
            )
            return cursor.fetchone()[0]

        some = middle("last_modified", "data->'target'->>'channel' = 'beta'")
        by_time, by_date = (
            middle("last_modified"),
            middle("data->'download'->'date', last_modified"),
        )
        by_build = middle("data->'build'->'id', last_modified", "data->'build'->'id' IS NOT NULL")
    build_id, version = some["build"]["id"], some["target"]["version"]
    day, recent = by_date["download"]["date"][:10], "2025-02-25"
    newest, oldest = "_sort=-download.date&_limit=10", "_sort=download.date&_limit=10"

    yield _equal("build.id", build_id, "build.id")
    yield _equal("build.id, 10 of them", build_id, "build.id", "&_limit=10")
    yield _equal("target.version", version, "target.version")
    yield _equal("download.url", some["download"]["url"], "download.url")
    yield _equal("frequent channel, last changed", "nightly", "target.channel", "&_limit=10")
    yield _equal("discontinued product, last changed", "fennec", "source.product", "&_limit=10")
    for what, field, value in (
        ("frequent channel", "target.channel", "nightly"),
        ("frequent system", "target.os", "win"),
        ("one version", "target.version", version),
        ("one locale", "target.locale", "xh"),
        ("discontinued product", "source.product", "fennec"),
        ("rare, discontinued system", "target.os", "maemo"),
    ):
        yield _equal(f"{what}, newest 10", value, field, f"&{newest}")
        yield _equal(f"{what}, oldest 10", value, field, f"&{oldest}")
    for what, field, value, sort in (
        ("frequent channel", "target.channel", "nightly", "-build.date"),
        ("discontinued channel", "target.channel", "aurora", "-build.id"),
        ("frequent system", "target.os", "android", "-download.size"),
    ):
        yield _equal(f"{what}, _sort={sort}", value, field, f"&_sort={sort}&_limit=10")
    yield Case("newest 10", newest, newest)
    yield Case("newest 10, again", newest, newest, again=True)
    yield Case("oldest 10", oldest, oldest)
    for sort in ("-build.id", "build.id", "-target.version", "download.size"):
        yield Case(f"_sort={sort}", f"_sort={sort}&_limit=10", f"_sort={sort}&_limit=10")
    yield _range("gt_download.date, newest 10", "gt_download.date", recent, f"&{newest}")
    yield _range("gt_download.date, oldest 10", "gt_download.date", recent, f"&{oldest}")
    yield _range("lt_build.id, last 10", "lt_build.id", build_id, "&_sort=-build.id&_limit=10")
    yield _range("min_build.id, first 10", "min_build.id", build_id, "&_sort=build.id&_limit=10")
    yield Case(
        "gte and lt, a day of download.date",
        f"min_download.date=%22{day}%22&lt_download.date=%22{day}T23:59:59Z%22&has_download.date=true"
        "&_limit=100",
        f"gte=download.date,{day}&lt=download.date,{day}T23:59:59Z&_limit=100",
    )
    yield Case("HEAD, all", "", "", "HEAD")
    yield Case("HEAD, all, again", "", "", "HEAD", again=True)
    yield _equal("HEAD, build.id", build_id, "build.id", method="HEAD")
    yield _equal("HEAD, one version", version, "target.version", method="HEAD")
    yield _equal("HEAD, discontinued product", "fennec", "source.product", method="HEAD")
    frequent = _equal("HEAD, frequent channel", "nightly", "target.channel", method="HEAD")
    yield frequent
    yield replace(frequent, name=f"{frequent.name}, again", again=True)
    yield Case(
        "HEAD, gte=download.date",
        f"min_download.date=%22{recent}%22&has_download.date=true",
        f"gte=download.date,{recent}",
        "HEAD",
    )
    yield Case("one record", "", "", path=f"/{some['id']}")
    yield Case("one record, again", "", "", again=True, path=f"/{some['id']}")
    yield Case("first page", "_limit=100", "_limit=100")
    yield Case("first page, again", "_limit=100", "_limit=100", again=True)
    yield _page("deep page", "", by_time)
    yield _page("deep page by -download.date", "-download.date", by_date)
    yield _page("deep page by download.date", "download.date", by_date)
    yield _page("deep page by build.id", "build.id", by_build)
    yield Case("_limit=10000", "_limit=10000", "_limit=10000")


def _equal(name: str, value: str, field: str, more: str = "", method: str = "GET") -> Case:
    stock = f"{field}={quote(json.dumps(value))}{more}"
    return Case(name, stock, f"{field}={quote(value)}{more}", method)


def _range(name: str, parameter: str, value: str, more: str) -> Case:
    stock = f"{parameter}={quote(json.dumps(value))}{more}"
    return Case(name, stock, f"{parameter}={value}{more}")


def _page(name: str, sort: str, last: dict[str, Any]) -> Case:
    """Ask for what comes after *last*, as the Next-Page of the page that ends with it does."""
    last_object = {"last_modified": last["last_modified"]}
    if sort:
        group, leaf = sort.lstrip("-").split(".")
        last_object[f"{group}.{leaf}"] = last[group][leaf]
    token = json.dumps({"last_object": last_object, "offset": 0, "nonce": "none"})
    token = base64.b64encode(token.encode()).decode()
    query = f"_limit=100&_token={quote(token)}" + (f"&_sort={sort}" if sort else "")
    return Case(name, query, query)


@contextmanager
def running_server(
    kind: str, url: str, environ: Mapping[str, str] = MappingProxyType({})
) -> Iterator[http.client.HTTPConnection]:
    """Run a server on a database that is filled; yield a connection to it.

    Args:
        environ: more variables of its environment.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bench.kinto_server", kind, url, str(port)]
    process = subprocess.Popen(command, env={**os.environ, **environ})
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        _wait_for(connection)
        _make_collection(connection)
        yield connection
    finally:
        process.terminate()
        process.wait()


def _wait_for(connection: http.client.HTTPConnection) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            _ask(connection, "GET", "/v1/__lbheartbeat__")
            return
        except (OSError, http.client.HTTPException):
            connection.close()
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def _make_collection(connection: http.client.HTTPConnection) -> None:
    bucket = {"permissions": {"read": ["system.Everyone"]}}
    _ask(connection, "PUT", f"/v1/buckets/{BUCKET_ID}", bucket)
    _ask(connection, "PUT", f"/v1{PARENT_ID}", {"data": collection_metadata()})


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None
) -> tuple[Any, float]:
    """Return the answer and the seconds that it took to the last byte."""
    headers = {**_AUTHORIZATION, "Content-Type": "application/json"} if body else {}
    start = time.perf_counter()
    connection.request(method, path, body and json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read()
    seconds = time.perf_counter() - start
    if response.status not in (200, 201):
        raise SystemExit(f"{method} {path}: {response.status} {content[:500]!r}")
    if method == "HEAD":
        return response.headers["Total-Records"], seconds
    return json.loads(content).get("data"), seconds


def _report(cases: list[Case], servers: Servers, url: str, arguments: argparse.Namespace) -> None:
    print(f"\n{arguments.records:,} records; medians in milliseconds\n")
    print(f"{'':38} {'stock':>10} {'this':>10} {'times':>8}")
    with connect(url) as connection, connection.cursor() as cursor:

        def write() -> None:
            # Our server notices a write by a transaction that wrote and has ended.
            cursor.execute("SELECT pg_current_xact_id()")

        for case in cases:
            stock_ms, ours_ms = _measure(case, servers, write, arguments.seconds)
            ratio = stock_ms / ours_ms
            print(f"{case.name:38} {stock_ms:10.1f} {ours_ms:10.1f} {ratio:8.1f}", flush=True)


def _measure(
    case: Case, servers: Servers, write: Callable[[], None], seconds_per_case: float
) -> tuple[float, float]:
    """Ask both in turn; return their median times in milliseconds.

    The first two requests to each warm its caches.
    """
    asked = ((servers[0], case.stock), (servers[1], case.ours))
    times: tuple[list[float], list[float]] = ([], [])
    give_up = time.monotonic() + seconds_per_case
    for run in range(_MAX_RUNS):
        answers = []
        if not case.again:
            write()
        for (connection, query), seconds in zip(asked, times, strict=True):
            answer, took = _ask(connection, case.method, f"{RECORDS_PATH}{case.path}?{query}")
            answers.append(answer)
            seconds.append(took)
        if answers[0] != answers[1]:
            raise SystemExit(f"{case.name}: the answers differ")
        if run + 1 >= _MIN_RUNS + 2 and time.monotonic() > give_up:
            break
    return statistics.median(times[0][2:]) * 1000, statistics.median(times[1][2:]) * 1000


if __name__ == "__main__":
    main()
