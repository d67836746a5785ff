"""The Python client: each verb's requests and time, and all records beside kinto-http.

Usage: python -m bench.client [--records N] [--calls N]

Each verb is called with values of random records, on one connection; time is that of the call, with
what is parsed. Reading all records and exporting them are processes of their own, whose peak memory
is measured; the peer reads the same with ``kinto_http.Client.get_records``.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from buildhub.client import BuildHub
from buildhub.client.errors import Missing
from buildhub.client.transport import Transport

from bench.corpus import iter_records
from bench.search_servers import buildhub
from bench.steps import timed_step

Verb = Callable[[BuildHub, dict[str, Any]], object]

_SAMPLE = 1000

VERBS: dict[str, Verb] = {
    "build": lambda hub, record: hub.build(record["build"]["id"]),
    "is_official": lambda hub, record: hub.is_official(record["build"]["id"]),
    "revision": lambda hub, record: hub.revision(record["build"]["id"]),
    "versions": lambda hub, record: hub.versions(**_product_and_channel(record)),
    "locales": lambda hub, record: hub.locales(record["target"]["version"]),
    "platforms": lambda hub, record: hub.platforms(record["build"]["id"]),
    "build_ids": lambda hub, record: hub.build_ids(record["target"]["version"]),
    "latest": lambda hub, record: hub.latest(
        record["source"]["product"],
        record["target"]["channel"],
        platform=record["target"]["platform"],
        locale=record["target"]["locale"],
    ),
    "before": lambda hub, record: hub.before(record["build"]["id"], **_product_and_channel(record)),
    "after": lambda hub, record: hub.after(record["build"]["id"], **_product_and_channel(record)),
    "first_nightly": lambda hub, record: hub.first_nightly(record["target"]["version"]),
    "missing": lambda hub, record: hub.missing(
        record["target"]["version"], product=record["source"]["product"]
    ),
    "count": lambda hub, record: hub.count(version=record["target"]["version"]),
    "find": lambda hub, record: hub.find(
        f"{record['source']['product']} {record['target']['version']} {record['target']['locale']}"
    ),
    "coverage": lambda hub, record: hub.coverage(),
}

# Each prints the number of records and its peak memory in kB: that of Linux, as what the system
# says of a process otherwise includes the one that started it.
_PEAK = "print(count, open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
PEER = "kinto-http get_records()"
PROGRAMS = {
    "builds()": "from buildhub import BuildHub; import sys\n"
    "count = sum(1 for _ in BuildHub(sys.argv[1]).builds())\n",
    "builds() with answers on disk": "from buildhub import BuildHub; import sys, tempfile, time\n"
    "with tempfile.TemporaryDirectory() as folder:\n"
    "    hub = BuildHub(sys.argv[1], cache=folder + '/answers')\n"
    "    sum(1 for _ in hub.builds()); start = time.perf_counter()\n"
    "    count = sum(1 for _ in hub.builds()); seconds = time.perf_counter() - start\n"
    "print(f'  {count / seconds:,.0f} records a second, the second time', file=sys.stderr)\n",
    "builds().to_arrow()": "from buildhub import BuildHub; import sys\n"
    "count = BuildHub(sys.argv[1]).builds().to_arrow().num_rows\n",
    "buildhub export --format parquet": "import sys, tempfile; from pathlib import Path\n"
    "from buildhub.client.options import Options; from buildhub.export import export\n"
    "from buildhub.export.folder import ExportFolder\n"
    "with tempfile.TemporaryDirectory() as folder:\n"
    "    done = export(Options(sys.argv[1]), ExportFolder(Path(folder)), ['parquet'])\n"
    "    size = (done.folder / 'builds.parquet').stat().st_size\n"
    "count = done.count; print(f'  {size / 1e6:.1f} MB', file=sys.stderr)\n",
    PEER: "import kinto_http, sys; sys.setrecursionlimit(100_000)\n"
    "client = kinto_http.Client(server_url=sys.argv[1], bucket='build-hub', "
    "collection='releases')\ncount = len(client.get_records())\n",
}


def main() -> None:
    """Fill a server, ask it, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=200, help="of each verb")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder, ExitStack() as stack:
        with timed_step(f"a server with {arguments.records:,} records"):
            server = stack.enter_context(buildhub(Path(folder), arguments.records))
        _report_verbs(server.url, arguments)
        _report_all(server.url)


def _report_verbs(url: str, arguments: argparse.Namespace) -> None:
    draw = random.Random(arguments.seed)  # noqa: S311 - the same on every run.
    records = list(_sample(arguments.records))
    print(f"\n{'verb':16}{'requests':>10}{'p50 ms':>10}{'p99 ms':>10}")
    with BuildHub(url) as hub, _counted_requests() as count:
        for name, verb in VERBS.items():
            times = []
            before = count()
            for _ in range(arguments.calls):
                record = draw.choice(records)
                start = time.perf_counter()
                try:
                    verb(hub, record)
                except Missing:
                    before += 1  # To say why, the coverage is asked for.
                times.append((time.perf_counter() - start) * 1000)
            requests = (count() - before) / arguments.calls
            p99 = sorted(times)[int(len(times) * 0.99)]
            print(
                f"{name:16}{requests:10.2f}{statistics.median(times):10.1f}{p99:10.1f}", flush=True
            )


def _report_all(url: str) -> None:
    measured = {name: _measure(program, url) for name, program in PROGRAMS.items()}
    _, peer_rate, peer_kb = measured[PEER]
    print(f"\n{'all records':36}{'records':>10}", end="")
    print(f"{'a second':>10}{'ratio':>7}{'peak MB':>10}{'ratio':>7}")
    for name, (count, rate, peak_kb) in measured.items():
        print(
            f"{name:36}{count:10,.0f}{rate:10,.0f}{rate / peer_rate:7.2f}"
            f"{peak_kb / 1024:10.0f}{peak_kb / peer_kb:7.2f}",
            flush=True,
        )


def _measure(program: str, url: str) -> tuple[float, float, float]:
    """Return the number of records, so many a second, and the peak memory in kB."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", f"{program}{_PEAK}", url],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    count, peak_kb = map(float, done.stdout.split())
    return count, count / seconds, peak_kb


def _product_and_channel(record: dict[str, Any]) -> Any:
    return {"product": record["source"]["product"], "channel": record["target"]["channel"]}


def _sample(count: int) -> Iterator[dict[str, Any]]:
    """Yield records with a build ID, from everywhere in the corpus."""
    step = max(1, count // _SAMPLE)
    for number, (_, record) in enumerate(iter_records(count)):
        if number % step == 0 and "build" in record:
            yield record


@contextmanager
def _counted_requests() -> Iterator[Callable[[], int]]:
    """Yield a function that returns how many requests the client has sent."""
    send_once, count = Transport._send_once, 0

    def counting(self: Transport, question: Any) -> Any:
        nonlocal count
        count += 1
        return send_once(self, question)

    Transport._send_once = counting  # type: ignore[method-assign]
    try:
        yield lambda: count
    finally:
        Transport._send_once = send_once  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
