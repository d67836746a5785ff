"""Inventory reports of Google Cloud Storage as sources of a load."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from buildhub.archive.values import decode_key
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import BadInventory, BadManifest
from buildhub.inventory.manifest import parse_manifest
from buildhub.inventory.report_rows import FIELDS, iter_report_rows
from buildhub.inventory.reports import newest_manifest
from buildhub.load import load
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive, reports
from buildhub_sample_archive.reports import write_report
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.conftest import common, stored

MADE = {each.path: each for each in SampleArchive("tiny").iter_objects()}
UUID = "5d41402a-bc4b-2a76-b971-9d911017c592"
MOMENT = "2026-01-02T03:04:05.678Z"


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(
        SERVER_URL=live_server, ARCHIVE_URL=sample_archive, S3_ENDPOINT_URL=sample_archive
    )


def run(settings: Settings, *sources: str) -> Summary:
    return asyncio.run(load(settings, sources=sources))


FORMS: list[Any] = [
    pytest.param({"form": "csv"}, id="csv"),
    pytest.param({"form": "csv", "has_header": False}, id="without-header"),
    pytest.param({"form": "csv", "delimiter": ";"}, id="semicolons"),
    pytest.param({"form": "csv", "delimiter": "\t", "has_header": False}, id="tabs"),
    pytest.param({"form": "parquet"}, id="parquet"),
]


@pytest.mark.parametrize("how", FORMS)
def test_a_report_has_the_records_of_an_inventory_and_their_hashes(
    settings: Settings, tmp_path: Path, how: dict[str, Any]
) -> None:
    run(settings)
    before = stored(settings)
    write_report(SampleArchive("tiny"), tmp_path / "reports", **how)
    summary = run(settings, str(tmp_path / "reports"))
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    assert (summary.read_counts.rows, summary.published.created) == (len(MADE), 0)
    after = stored(settings)
    assert common(after) == common(before)
    for record in after.values():
        path = record["download"]["url"].removeprefix(settings.archive_url)
        etag = MADE[path].etag
        assert record["download"].get("md5") == (None if "-" in etag else etag), path


def test_a_shard_that_breaks_off_is_told_though_it_reads_well(
    settings: Settings, tmp_path: Path
) -> None:
    manifest = write_report(SampleArchive("tiny"), tmp_path)
    shard = next(tmp_path.glob("*_1.csv"))
    lines = shard.read_bytes().splitlines(keepends=True)
    shard.write_bytes(b"".join(lines[:-50]))
    summary = run(settings, str(manifest))
    assert summary.exit_code == ExitCode.PARTIAL
    assert summary.read_counts.unsettled == {"damaged-inventory-part": 1}
    assert summary.read_counts.rows == len(MADE) - 50


def test_a_shard_that_is_missing_is_told(settings: Settings, tmp_path: Path) -> None:
    manifest = write_report(SampleArchive("tiny"), tmp_path)
    next(tmp_path.glob("*_1.csv")).unlink()
    summary = run(settings, str(manifest))
    assert summary.exit_code == ExitCode.PARTIAL
    assert summary.read_counts.unsettled["missing-inventory-part"] == 1
    assert summary.published.created > 0


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        ([], None),
        (["manifest.json", f"{UUID}_2026-09-12T00:00_0.csv"], None),
        (
            [f"f{UUID}_2026-09-11T00:00_manifest.json", f"a{UUID}_2026-09-12T00:00_manifest.json"],
            f"a{UUID}_2026-09-12T00:00_manifest.json",
        ),
    ],
)
def test_the_newest_report_is_that_of_the_latest_moment(
    names: list[str], newest: str | None
) -> None:
    assert newest_manifest(names) == newest


REPORT = {
    "report_config": {"display_name": "daily"},
    "records_processed": 7,
    "snapshot_time": "2026-09-12T00:31:07Z",
    "shard_count": 1,
    "report_shards_file_names": ["a_0.csv"],
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"report_shards_file_names": []}, "shard_count 1: report_shards_file_names has 0"),
        ({"report_shards_file_names": [], "shard_count": 0}, "expected parts"),
        ({"report_shards_file_names": "a_0.csv"}, "expected a list"),
        ({"report_shards_file_names": ["../a.csv"]}, "names of CSV or Parquet files"),
        ({"report_shards_file_names": ["a_0.avro"]}, "names of CSV or Parquet files"),
        ({"shard_count": "2"}, "shard_count 2: report_shards_file_names has 1"),
        ({"records_processed": "many"}, "records_processed: expected a number, got 'many'"),
        ({"snapshot_time": "yesterday"}, "'yesterday': expected a moment"),
        ({"report_shards_file_names": None}, "expected a list"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_named(
    changes: dict[str, Any], message: str
) -> None:
    body = json.dumps(REPORT | changes).encode()
    with pytest.raises(BadManifest, match=r"manifest gs://b/m\.json: ") as raised:
        parse_manifest(body, key="m.json", name="gs://b/m.json")
    assert message in str(raised.value)


def test_numbers_in_a_manifest_may_be_texts() -> None:
    as_text = REPORT | {"shard_count": "1", "records_processed": "7"}
    manifests = [
        parse_manifest(json.dumps(each).encode(), key="m", name="m") for each in (REPORT, as_text)
    ]
    assert manifests[0] == manifests[1]
    assert manifests[0].row_count == 7


@pytest.mark.parametrize(
    ("text", "rows", "message"),
    [
        pytest.param("", 0, "expected a header", id="empty"),
        pytest.param("a,b,c\n", 0, "expected a header", id="other-columns"),
        pytest.param("name,size\nx,1\n", 0, "expected a header", id="too-few"),
        pytest.param(
            f"name,size,updated\nx,1,{MOMENT}\ny,2\n",
            1,
            "line 3: expected 3 columns, got 2",
            id="short-row",
        ),
        pytest.param("PAR1 and nothing more", 0, "damaged", id="broken-parquet"),
    ],
)
def test_a_damaged_shard_is_read_as_far_as_it_goes(
    tmp_path: Path, text: str, rows: int, message: str
) -> None:
    path = tmp_path / "shard.csv"
    path.write_text(text)
    found: list[str] = []

    def read() -> None:
        for piece in iter_report_rows(path, name="shard"):
            found.extend(piece.keys)

    with pytest.raises(BadInventory, match="inventory part shard") as raised:
        read()
    assert message in str(raised.value)
    assert len(found) == rows


def test_deleted_objects_are_rows_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "shard.csv"
    path.write_text(f"name,size,timeDeleted,updated\nx,1,,{MOMENT}\ny,2,{MOMENT},{MOMENT}\n")
    (rows,) = iter_report_rows(path, name="shard")
    assert rows.keys == ["x", ""]


def test_the_sample_has_the_columns_of_a_report_that_names_none() -> None:
    assert reports.FIELDS == FIELDS


@given(st.text(st.sampled_from("ab +%2F/é~&=,\"';\t"), min_size=1, max_size=12))
def test_names_come_back_as_they_are(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "names.csv"
    quoted = name.replace('"', '""')
    path.write_text(f'name,size,updated\n"{quoted}",1,{MOMENT}\n')
    (rows,) = iter_report_rows(path, name="shard")
    assert [decode_key(key) for key in rows.keys] == [name]
