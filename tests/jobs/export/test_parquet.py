"""Parquet files, read by DuckDB and by PyArrow: they have what the server has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest
from buildhub.export import parquet
from buildhub.export.telemetry import NAMES, telemetry_row

from tests.conftest import make_record
from tests.jobs.export.exporting import export, lines, publish, stored
from tests.jobs.served_catalogue import Place

Read = Callable[[Path], list[dict[str, Any]]]

RECORDS = [
    make_record(id="a", build__as="yasm", build__date="2017-04-03T10:33:44+02:00"),
    make_record(id="b", build=None, source__tree="=1+1", source__revision=None),
    make_record(id="c", build__id="007", target__candidate=3, download__size=2**40),
    make_record(id="d", target__locale="日本語\u202e", target__version="56.10"),
    make_record(id="e", source={"product": "fennec"}, download__date="2015-10-09T15:20:10.5Z"),
]


def read_with_duckdb(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        found = connection.read_parquet(str(path))
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def read_with_pyarrow(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


@pytest.fixture(params=[read_with_duckdb, read_with_pyarrow], ids=["duckdb", "pyarrow"])
def read(request: pytest.FixtureRequest) -> Read:
    chosen: Read = request.param
    return chosen


def plain(value: Any) -> Any:
    """Return a value without what it does not have, and with times as texts."""
    if isinstance(value, dict):
        found = {name: plain(each) for name, each in value.items()}
        return {name: each for name, each in found.items() if each is not None} or None
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "strftime") else value


def in_seconds(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with its times as Parquet has them: in UTC, to the second."""
    record = {**record, "download": dict(record["download"])}
    if record["id"] == "a":
        record["build"] = {**record["build"], "date": "2017-04-03T08:33:44Z"}
    if record["id"] == "e":
        record["download"]["date"] = "2015-10-09T15:20:10Z"
    return record


@pytest.mark.parametrize(
    ("batch", "group"),
    [
        pytest.param(1000, 20_000, id="one-batch"),
        pytest.param(1, 2, id="a-record-a-batch"),
        pytest.param(2, 2, id="a-batch-a-group"),
        pytest.param(5, 5, id="none-is-left-at-the-end"),
    ],
)
def test_records_are_equal_to_the_servers(
    place: Place,
    tmp_path: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    group: int,
) -> None:
    monkeypatch.setattr(parquet, "_BATCH_RECORDS", batch)
    monkeypatch.setattr(parquet, "_GROUP_RECORDS", group)
    publish(place, *RECORDS)
    done = export(place, tmp_path, "-f", "parquet")
    assert done.exit_code == 0, done.output
    found = [plain(each) for each in read(tmp_path / "latest" / "builds.parquet")]
    assert found == [in_seconds(each) for _, each in sorted(stored(place).items())]


def test_telemetry_rows_have_the_known_fields_of_every_record(
    place: Place, tmp_path: Path, read: Read
) -> None:
    publish(place, *RECORDS)
    done = export(place, tmp_path, "--layout", "telemetry", "-f", "ndjson", "-f", "parquet")
    assert done.exit_code == 0, done.output
    latest = tmp_path / "telemetry" / "latest"
    expected = [telemetry_row(each) for _, each in sorted(stored(place).items())]
    assert lines(latest / "telemetry.ndjson.gz") == expected
    rows = read(latest / "telemetry.parquet")
    for row in (*expected, *rows):
        names = [f"{group}.{leaf}" for group, leaves in row.items() for leaf in leaves]
        assert tuple(names) == NAMES
    seconds = [telemetry_row(in_seconds(each)) for _, each in sorted(stored(place).items())]
    assert [plain(each) for each in rows] == [plain(each) for each in seconds]


def test_a_telemetry_row_is_in_the_groups_that_are_known() -> None:
    record = make_record(build__as="yasm", target__candidate=3, id="a")
    assert telemetry_row(record) == {
        "build": {
            "id": "20170403083344",
            "date": "2017-04-03T08:33:44Z",
            "number": 1,
            "as": "yasm",
            **dict.fromkeys(("ld", "cc", "cxx", "host", "target")),
        },
        "download": {
            each: record["download"][each] for each in ("url", "mimetype", "size", "date")
        },
        "source": {
            "product": "firefox",
            "tree": "releases/mozilla-beta",
            "revision": "a" * 40,
            "repository": None,
        },
        "target": {
            "platform": "linux-x86_64",
            "os": "linux",
            "locale": "fr",
            "channel": "beta",
            "version": "53.0b9",
        },
    }
