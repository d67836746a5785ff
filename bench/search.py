"""Searching: the embedded engine against Elasticsearch and OpenSearch, over HTTP on all sides.

The three have the same records under the same mapping and run side by side. Each request goes to
all of them, in random order and with random values, so that other load on the machine affects all
alike. A pause before each request lets the others finish what follows their last answer, garbage
collection above all. Ours is ``buildhub serve`` as users run it. Elasticsearch and OpenSearch are
genuine, fetched by Maven, with 1 GiB of heap. Their answers are compared before anything is timed.

Run as ``python -m bench.search --records 1000000``. ``--only`` chooses measurements, ``--data``
keeps our database and index for the next run, ``--without-peers`` leaves the other two out.
``--warm-up`` sends more requests first, for Java's compiler. ``--rest 0`` leaves no pause between
two requests.
"""

import argparse
import json
import math
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from bench.corpus import iter_records
from bench.http_client import HttpClient
from bench.search_direct import DirectTantivy
from bench.search_requests import KINDS, Body, Kind
from bench.search_servers import ComparedServer, buildhub, clusters, index_directly
from bench.steps import timed_step
from tests.stand_ins.search_servers import SERVER_KINDS

_SAMPLE = 5000
_COMPARED = 5
_CLIENTS = 8
# As publishers send them: those of half a second in one request.
_WRITES_PER_SECOND, _WRITES_AT_ONCE = 500, 250

Times = dict[str, dict[str, list[float]]]
"""Seconds, by the name of a kind of request and the name of a server."""


Connected = tuple[ComparedServer, HttpClient]
"""A server and a connection to it."""


class Run:
    """One run: the servers, the requests, and the arguments of the command line."""

    def __init__(self, servers: Sequence[ComparedServer], arguments: argparse.Namespace) -> None:
        self.servers, self.arguments = servers, arguments
        self.records = _sample(arguments.records)
        self.kinds = [kind for kind in KINDS if arguments.kind in kind.name]
        self._random = random.Random(arguments.seed)  # noqa: S311 - the same on every run.

    def draw(self, kind: Kind) -> Body:
        """Return the next request of this kind."""
        return kind.draw(self._random, self.records)

    def shuffled(self, connected: Sequence[Connected]) -> list[Connected]:
        """Return the servers in random order."""
        return self._random.sample(connected, len(connected))

    @property
    def ours(self) -> ComparedServer:
        """The first server, which the others are compared with."""
        return self.servers[0]


def main() -> None:
    """Fill the servers, run the chosen measurements, print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200, help="of each kind")
    parser.add_argument("--warm-up", type=int, default=30, help="requests of each kind before")
    parser.add_argument("--rest", type=float, default=0.01, help="seconds before each request")
    parser.add_argument("--only", nargs="*", choices=_MEASUREMENTS, default=list(_MEASUREMENTS))
    parser.add_argument("--kind", default="", help="a part of the names of the kinds of requests")
    parser.add_argument("--data", type=Path, help="folder for our database and index")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    kinds = [] if arguments.without_peers else SERVER_KINDS[:2]
    with tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder, ExitStack() as stack:
        data = arguments.data or Path(folder) / "data"
        with timed_step(f"buildhub serve with {arguments.records:,} records"):
            servers = [stack.enter_context(buildhub(data, arguments.records))]
        if kinds:
            with timed_step(f"{' and '.join(map(str, kinds))}, with the same"):
                servers += stack.enter_context(clusters(kinds, arguments.records))
        run = Run(servers, arguments)
        for name in arguments.only:
            print(f"\n{name}: {_MEASUREMENTS[name].__doc__}\n", flush=True)
            _MEASUREMENTS[name](run)


def _sample(count: int) -> list[dict[str, Any]]:
    """Return records from everywhere in the corpus."""
    step = max(1, count // _SAMPLE)
    return [record for number, (_, record) in enumerate(iter_records(count)) if not number % step]


# Measurements.


def measure_new_requests(run: Run) -> None:
    """Each request with values of its own; milliseconds at p50 and p99."""
    connections = [server.connect() for server in run.servers]
    for kind in run.kinds:
        for number in range(max(_COMPARED, run.arguments.warm_up)):
            answers = [_search(*each, run.draw(kind)) for each in _connected(run, connections)]
            if number < _COMPARED:
                _compare(run, connections, run.draw(kind))
            assert answers
    times: Times = {kind.name: {server.name: [] for server in run.servers} for kind in run.kinds}
    for _ in range(run.arguments.requests):
        for kind in run.kinds:
            body = run.draw(kind)
            for server, connection in run.shuffled(_connected(run, connections)):
                time.sleep(run.arguments.rest)
                times[kind.name][server.name].append(_search(server, connection, body)[1])
    _print_table(run, times)


def measure_repeated_requests(run: Run) -> None:
    """The same page again, nothing written since."""
    connections = [server.connect() for server in run.servers]
    times: Times = {}
    for kind in run.kinds:
        times[kind.name] = {server.name: [] for server in run.servers}
        for _ in range(max(1, run.arguments.requests // 20)):
            body = run.draw(kind)
            for server, connection in run.shuffled(_connected(run, connections)):
                _search(server, connection, body)
                times[kind.name][server.name] += [
                    _search(server, connection, body)[1] for _ in range(10)
                ]
    _print_table(run, times)


def measure_tantivy(run: Run) -> None:
    """Our time over HTTP, and that of Tantivy called from Python for the same; milliseconds."""
    assert run.ours.folder is not None
    direct = DirectTantivy(run.ours.folder)
    connection = run.ours.connect()
    print(f"{'':28}{'over HTTP':>18}{'Tantivy alone':>18}")
    for kind in run.kinds:
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(run.arguments.requests // 2 + 10):
            body = run.draw(kind)
            call = direct.prepared(body)
            start = time.perf_counter()
            call()
            took = time.perf_counter() - start
            if number >= 10:
                times[0].append(_search(run.ours, connection, body)[1])
                times[1].append(took)
        print(
            f"{kind.name:28}" + "".join(f"{_p50_and_p99(each):>18}" for each in times), flush=True
        )


def measure_concurrent_requests(run: Run) -> None:
    """Eight clients at once, all kinds in turn; requests a second, milliseconds at p50 and p99."""
    rounds = range(max(1, run.arguments.requests // 20))
    bodies = [[run.draw(kind) for _ in rounds for kind in run.kinds] for _ in range(_CLIENTS)]
    for server in run.servers:
        start = time.perf_counter()
        with ThreadPoolExecutor(_CLIENTS) as clients:
            times = list(chain.from_iterable(clients.map(partial(_search_all, server), bodies)))
        rate = len(times) / (time.perf_counter() - start)
        print(f"{server.name:22}{rate:8.0f} requests/s {_p50_and_p99(times):>18}", flush=True)


def measure_while_writing(run: Run) -> None:
    """Each request with values of its own, while 500 records a second are written."""
    times: Times = {kind.name: {} for kind in run.kinds}
    for server in run.servers:
        with _writing(run, server) as written:
            for kind in run.kinds:
                bodies = [run.draw(kind) for _ in range(max(5, run.arguments.requests // 4))]
                times[kind.name][server.name] = _search_all(server, bodies)
        print(f"{server.name}: {written():.0f} records a second were written", flush=True)
    _print_table(run, times)


def measure_time_to_find(run: Run) -> None:
    """Milliseconds from the answer to a write until a search finds it, at p50 and p99."""
    for server in run.servers:
        writer = HttpClient(server.url, server.authorization)
        reader = server.connect()
        waits = []
        for number in range(run.arguments.requests // 2):
            record = _new_record(run, f"found-{number}-{time.time_ns()}")
            writer.json("POST", server.write_path, server.write_body([record]))
            start = time.perf_counter()
            query = {"size": 0, "query": {"term": {"id": record["id"]}}}
            while not _total(json.loads(_search(server, reader, query)[0])):
                time.sleep(0.001)
            waits.append(time.perf_counter() - start)
        print(f"{server.name:22}{_p50_and_p99(waits):>18}", flush=True)


def measure_weight(run: Run) -> None:
    """Records indexed a second (with everything around it), index on disk, memory."""
    for server in run.servers:
        rate = f"{server.indexed:8,.0f}/s" if server.indexed else "   kept   "
        disk, memory = server.disk_bytes() / 1e6, server.memory_bytes() / 1e6
        print(f"{server.name:22}{rate}{disk:10,.0f} MB{memory:10,.0f} MB", flush=True)
    with tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder:
        alone = index_directly(Path(folder) / "index", min(run.arguments.records, 200_000))
        print(f"{'the engine alone':22}{alone:8,.0f}/s")


_MEASUREMENTS: dict[str, Callable[[Run], None]] = {
    "anew": measure_new_requests,
    "repeated": measure_repeated_requests,
    "direct": measure_tantivy,
    "weight": measure_weight,
    "clients": measure_concurrent_requests,
    "found": measure_time_to_find,
    "writing": measure_while_writing,
}


# Requests.


def _connected(run: Run, connections: Sequence[HttpClient]) -> list[Connected]:
    return list(zip(run.servers, connections, strict=True))


def _search(server: ComparedServer, connection: HttpClient, body: Body) -> tuple[bytes, float]:
    status, answer, seconds = connection.ask("POST", server.search_path, body)
    if status != 200:
        raise SystemExit(f"{server.name}: {status} {answer[:500]!r} to {json.dumps(body)}")
    return answer, seconds


def _search_all(server: ComparedServer, bodies: Sequence[Body]) -> list[float]:
    connection = server.connect()
    times = [_search(server, connection, body)[1] for body in bodies]
    connection.close()
    return times


def _compare(run: Run, connections: Sequence[HttpClient], body: Body) -> None:
    """Check that all give the same answer: total, sort values of the hits, aggregations."""
    answers = [json.loads(_search(*pair, body)[0]) for pair in _connected(run, connections)]
    compared = [
        (
            each["hits"]["total"],
            [hit.get("sort") for hit in each["hits"]["hits"]],
            each.get("aggregations"),
        )
        for each in answers
    ]
    for server, each in zip(run.servers, compared, strict=True):
        if each != compared[0]:
            raise SystemExit(f"{server.name} answers differently to {json.dumps(body)}")


def _total(answer: Any) -> int:
    return int(answer["hits"]["total"]["value"])


@contextmanager
def _writing(run: Run, server: ComparedServer) -> Iterator[Callable[[], float]]:
    """Write 500 records a second while the context lasts; yield what returns the actual rate."""
    stop, count, start = threading.Event(), 0, time.monotonic()

    def write() -> None:
        nonlocal count
        client = HttpClient(server.url, server.authorization)
        due = time.monotonic()
        while not stop.is_set():
            records = [
                _new_record(run, f"written-{count + n}-{time.time_ns()}")
                for n in range(_WRITES_AT_ONCE)
            ]
            client.json("POST", server.write_path, server.write_body(records))
            count += len(records)
            due += _WRITES_AT_ONCE / _WRITES_PER_SECOND
            stop.wait(max(0.0, due - time.monotonic()))

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(1)
    try:
        yield lambda: count / (time.monotonic() - start)
    finally:
        stop.set()
        writer.join()


def _new_record(run: Run, record_id: str) -> dict[str, Any]:
    return {"id": record_id, **random.choice(run.records)}  # noqa: S311


# Tables.


def _print_table(run: Run, times: Times) -> None:
    """Print p50 and p99 of each server, and the ratios of the others' times to ours."""
    names = [server.name for server in run.servers]
    print(f"{'':28}" + f"{names[0]:>24}" + "".join(f"{name:>32}" for name in names[1:]))
    ratios: dict[str, list[tuple[float, float]]] = {name: [] for name in names[1:]}
    for kind, by_server in times.items():
        line = f"{kind:28}{_p50_and_p99(by_server[names[0]]):>24}"
        ours = _p50(by_server[names[0]]), _p99(by_server[names[0]])
        for name in names[1:]:
            ratio = _p50(by_server[name]) / ours[0], _p99(by_server[name]) / ours[1]
            ratios[name].append(ratio)
            line += f"{_p50_and_p99(by_server[name]):>20} {ratio[0]:5.1f} {ratio[1]:5.1f}"
        print(line, flush=True)
    line = f"{'geometric mean':28}" + f"{_geometric(times, names[0]):>24}"
    for name in names[1:]:
        means = [
            math.exp(statistics.mean(map(math.log, each)))
            for each in zip(*ratios[name], strict=True)
        ]
        line += f"{_geometric(times, name):>20} {means[0]:5.1f} {means[1]:5.1f}"
    print(line, flush=True)


def _geometric(times: Times, name: str) -> str:
    """Return the geometric means of p50 and of p99 over all kinds, in milliseconds."""
    columns = [(_p50(each[name]), _p99(each[name])) for each in times.values()]
    means = [math.exp(statistics.mean(map(math.log, each))) for each in zip(*columns, strict=True)]
    return f"{means[0] * 1000:.2f} / {means[1] * 1000:.1f}"


def _p50_and_p99(seconds: Sequence[float]) -> str:
    return f"{_p50(seconds) * 1000:.2f} / {_p99(seconds) * 1000:.1f}"


def _p50(seconds: Sequence[float]) -> float:
    return statistics.median(seconds)


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[min(len(seconds) - 1, math.ceil(len(seconds) * 0.99) - 1)]


if __name__ == "__main__":
    main()
