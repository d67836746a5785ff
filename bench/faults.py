"""Walks of an archive with every kind of fault, then without: does the catalogue become complete?

Usage: python -m bench.faults [--size 20000] [--style gcs] [--rate 0.01] [--seed 1]

Each kind of fault of the sample archive affects a share of all folders and files, chosen by the
seed; a path may have several. The records are compared, field by field, with those of a load of the
archive without faults:

* After the first walk each record is correct, or the walk has logged its path or a folder above it.
  If its metadata was hidden, which a walk cannot know, everything else in it is correct.
* After the second walk, and after a third, all records are exactly those of the load.

The walks' clock is set to a time before all builds, so all builds are new and walks still wait for
metadata.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import requests
import structlog
from buildhub.audit.comparable import path_fields
from buildhub.load import load
from buildhub.settings import Settings, read_settings
from buildhub.walk import walk
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.http.faults import FAULT_KINDS
from buildhub_sample_archive.inventories.store import write_inventories
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.migrate import migrate

from bench.kinto_server import settings as server_settings
from bench.walk import running_archive
from tests.stand_ins.live_server import live_server
from tests.stand_ins.programs import free_port

Records = dict[str, dict[str, Any]]

_TIMEOUT_SECONDS = 5.0

# Each delay takes two timeouts, so delays are rare.
_DELAYS_AMONG_FAULTS = 0.1

# A fault in a folder further up would hide most of the archive.
_PATTERN = "^/pub/[^/]+/[^/]+/."

_BEFORE_ALL_BUILDS = 1_000_000_000.0
_HOUR = 3600.0


def main() -> None:
    """Load, walk three times, compare, and fail if a record is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="20000", help="size of the sample archive, in builds")
    parser.add_argument("--style", default="gcs", choices=("gcs", "s3"), help="of its folder pages")
    parser.add_argument("--rate", type=float, default=0.01, help="share of paths, for each fault")
    parser.add_argument("--seed", type=int, default=1, help="chooses the paths")
    given = parser.parse_args()
    faults = tuple(_faults(given.rate, given.seed))
    port = free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        embedded_postgresql(Path(name) / "postgresql") as url,
    ):
        folder = Path(name)
        migrate(server_settings("ours", url), progress=lambda sentence: None)
        with live_server(server_settings("ours", url)) as server:
            environment = {
                "AUTH": "bench:bench",
                "SERVER_URL": server.url,
                "ARCHIVE_URL": f"http://127.0.0.1:{port}",
                "LOG_LEVEL": "WARNING",
                "NB_RETRY_REQUEST": "1",
            }
            walked = read_settings(
                environment
                | {
                    "BUCKET": "walked",
                    "BUILDHUB_DATA": str(folder / "walk"),
                    "TIMEOUT_SECONDS": str(_TIMEOUT_SECONDS),
                }
            )
            loaded = read_settings(
                environment | {"BUCKET": "loaded", "BUILDHUB_DATA": str(folder / "load")}
            )
            with running_archive(given.size, given.style, port=port):
                truth = _load(loaded, given.size, folder)
            with running_archive(given.size, given.style, *faults, port=port):
                logged = _walk("with all faults", walked, _BEFORE_ALL_BUILDS)
            _check_first(_read(walked), truth, logged)
            with running_archive(given.size, given.style, port=port):
                _walk("without", walked, _BEFORE_ALL_BUILDS + _HOUR)
                _check_all(_read(walked), truth)
                print("all records are exactly those of a load without faults")
                _walk("again without", walked, _BEFORE_ALL_BUILDS + 2 * _HOUR)
                _check_all(_read(walked), truth)


def _faults(rate: float, seed: int) -> list[str]:
    """Return a fault of each kind, for the command line of the sample archive."""
    options = {
        "delay": f",rate={rate * _DELAYS_AMONG_FAULTS},seconds={_TIMEOUT_SECONDS + 1}",
        "busy": f",rate={rate},seconds=0",
    }
    default = f",rate={rate}"
    always = [f"{kind}{options.get(kind, default)},seed={seed}@{_PATTERN}" for kind in FAULT_KINDS]
    # Faults that pass: 404 or 503 on the first request only.
    transient = [
        f"{kind}{options.get(kind, default)},times=1,seed={seed + 1}@{_PATTERN}"
        for kind in ("missing", "unavailable", "busy", "truncated", "html")
    ]
    return [*always, *transient]


def _load(settings: Settings, size: str, folder: Path) -> Records:
    sources = [str(path) for path in write_inventories(SampleArchive(size), folder)]
    started = time.perf_counter()
    summary = asyncio.run(load(settings, sources=sources))
    assert not summary.exit_code, summary.line()
    records = _read(settings)
    print(f"{'load':<18}{time.perf_counter() - started:>8.1f} s   {len(records):,} records")
    return records


def _walk(name: str, settings: Settings, now: float) -> tuple[str, ...]:
    """Walk, print the figures, and return the paths that it logged."""
    started, started_cpu = time.perf_counter(), time.process_time()
    with structlog.testing.capture_logs() as logs:
        summary = asyncio.run(walk(settings, clock=lambda: now))
    assert summary.failure is None, summary.failure
    print(
        f"{name:<18}{time.perf_counter() - started:>8.1f} s{summary.requests:>10,} requests"
        f"{summary.read_counts.listings:>10,} listings"
        f"{time.process_time() - started_cpu:>8.1f} s of CPU"
        f"   created {summary.published.created:,}, updated {summary.published.updated:,}"
    )
    for reason, count in summary.read_counts.unsettled.most_common():
        print(f"  unsettled: {reason} {count:,}")
    return tuple({each["path"] for each in logs if "path" in each})


def _check_first(stored: Records, truth: Records, logged: tuple[str, ...]) -> None:
    """Check that after the first walk every wrong record was logged."""
    found: Counter[str] = Counter()
    for record_id, record in truth.items():
        path = "pub/" + record["download"]["url"].partition("/pub/")[2]
        if stored.get(record_id) == record:
            found["correct"] += 1
        elif path.startswith(logged):
            found["logged"] += 1
        elif _is_without_metadata(stored.get(record_id), record):
            found["metadata hidden"] += 1
        else:
            raise AssertionError(f"{path}: {stored.get(record_id)} instead of {record}")
    for record_id in stored.keys() - truth.keys():
        raise AssertionError(f"{record_id}: not a build of the archive")
    print("  " + ", ".join(f"{what}: {count:,}" for what, count in found.most_common()))


def _check_all(stored: Records, truth: Records) -> None:
    """Check that all records are exactly those of the load."""
    differing = [key for key in stored.keys() | truth.keys() if stored.get(key) != truth.get(key)]
    for record_id in differing[:10]:
        print(f"{record_id}: {stored.get(record_id)} instead of {truth.get(record_id)}")
    assert not differing, f"{len(differing)} records are wrong"


def _is_without_metadata(stored: dict[str, Any] | None, record: dict[str, Any]) -> bool:
    return stored is not None and path_fields(stored) == path_fields(record)


def _read(settings: Settings) -> Records:
    """Return all records of the server, without the fields that it adds."""
    place = f"buckets/{settings.bucket_id}/collections/{settings.collection_id}/records"
    found: Records = {}
    url: str | None = f"{settings.server_url}/{place}?_sort=id&_limit=5000"
    while url:
        answer = requests.get(url, auth=("bench", "bench"), timeout=120)
        answer.raise_for_status()
        for record in json.loads(answer.content)["data"]:
            found[record["id"]] = {
                name: record[name] for name in record.keys() - {"last_modified", "schema"}
            }
        url = answer.headers.get("Next-Page")
    return found


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
