"""The inventories: rows, parts and manifests as the store writes them, and its protocol."""

import asyncio
import csv
import gzip
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
import requests
from aiobotocore.session import get_session
from botocore import UNSIGNED
from botocore.config import Config
from buildhub_sample_archive import (
    INVENTORY_BUCKET,
    Fault,
    SampleArchive,
    iter_objects,
    running_sample_archive,
)
from buildhub_sample_archive.__main__ import main
from buildhub_sample_archive.http.s3 import list_keys
from buildhub_sample_archive.inventories.inventory import INVENTORIES
from buildhub_sample_archive.inventories.parts import write_parts
from buildhub_sample_archive.inventories.store import inventory_days, newest_manifest_key
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

CONTRIB = ("pub/labs/", "pub/nspr/", "pub/opus/", "pub/security/", "pub/webtools/")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_sample_archive("tiny", "s3") as url:
        yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both inventories of the smallest size, written by the command."""
    folder = tmp_path_factory.mktemp("inventory")
    result = CliRunner().invoke(main, ["inventory", "--size", "tiny", str(folder)])
    assert result.exit_code == 0, result.output
    manifests = [str(folder / newest_manifest_key(i)) for i in INVENTORIES.values()]
    assert result.output.split() == manifests
    return folder


def read_rows(folder: Path, name: str) -> list[str]:
    manifest = json.loads((folder / newest_manifest_key(INVENTORIES[name])).read_bytes())
    return [
        line
        for part in manifest["files"]
        for line in gzip.decompress((folder / "public" / part["key"]).read_bytes())
        .decode()
        .splitlines(keepends=True)
    ]


@pytest.mark.parametrize("name", INVENTORIES)
def test_rows_list_every_object_of_the_bucket_in_key_order(name: str, folder: Path) -> None:
    rows = list(csv.reader(read_rows(folder, name)))
    keys = [row[1] if " " in row[1] else unquote_plus(row[1]) for row in rows]
    listed = [
        (key, int(float(row[2])), row[3], row[4]) for key, row in zip(keys, rows, strict=True)
    ]
    archive_only = ("pub/firefox/try-builds/", "pub/firefox/bundles/")
    wanted = [
        (made.path, made.size, f"{made.modified:%Y-%m-%dT%H:%M:%S}.000Z", made.etag)
        for made in iter_objects("tiny")
        if not made.path.startswith(CONTRIB)
        and (made.path.startswith("pub/firefox/") and not made.path.startswith(archive_only))
        == (name == "firefox")
    ]
    assert listed == wanted


@pytest.mark.parametrize(
    ("name", "start"),
    [
        pytest.param("firefox", '"net-mozaws-prod-delivery-firefox","pub/firefox/', id="bucket"),
        pytest.param("firefox", '"net-mozaws-delivery-firefox","pub/firefox/', id="old-bucket"),
        pytest.param("archive", '"net-mozaws-prod-delivery-archive","pub/mobile/', id="archive"),
        pytest.param("archive", '"net-mozaws-prod-delivery-archive","pub/seamonkey/', id="other"),
    ],
)
def test_a_row_starts_with_the_bucket(name: str, start: str, folder: Path) -> None:
    assert any(row.startswith(start) for row in read_rows(folder, name))


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        pytest.param("firefox", "/Firefox+Setup+4.0+Beta+12.exe", id="space"),
        pytest.param("firefox", "-linux-gtk2%2Bxft.tar.gz", id="plus"),
        pytest.param("firefox", "/Firefox+Setup+%281.0rc2%2C+de-DE%29.exe", id="parentheses"),
        pytest.param("firefox", "/61.0.2/win64/it/Firefox Setup 61.0.2.exe", id="unencoded"),
        pytest.param("firefox", '33.1.1.exe","4E+7"', id="exponent"),
        pytest.param("archive", '.bundle","2E+10"', id="exponent-gigabytes"),
        pytest.param("archive", "/someone%40example.com-", id="at"),
        pytest.param("firefox", '","pub/firefox/nightly/2017/","0"', id="folder-marker"),
    ],
)
def test_a_row_has_the_store_s_spelling(name: str, piece: str, folder: Path) -> None:
    assert any(piece in row for row in read_rows(folder, name))


def test_some_etags_count_parts(folder: Path) -> None:
    etags = [row[4] for row in csv.reader(read_rows(folder, "archive"))]
    assert 0.01 < sum("-" in etag for etag in etags) / len(etags) < 0.5


def manifest_of(url: str, name: str, day: str = "") -> Any:
    key = newest_manifest_key(INVENTORIES[name])
    if day:
        key = key.replace(inventory_days()[-1], day)
    return requests.get(f"{url}/s3/{INVENTORY_BUCKET}/{key}", timeout=30)


@pytest.mark.parametrize("name", INVENTORIES)
def test_a_manifest_has_the_true_sizes_and_checksums_of_the_parts(name: str, url: str) -> None:
    manifest = manifest_of(url, name).json()
    assert len(manifest["files"]) > 2
    for part in manifest["files"]:
        body = requests.get(f"{url}/s3/{INVENTORY_BUCKET}/public/{part['key']}", timeout=30).content
        assert len(body) == part["size"]
        assert md5(body, usedforsecurity=False).hexdigest() == part["MD5checksum"]


def test_the_checksum_is_that_of_the_manifest(url: str) -> None:
    manifest = manifest_of(url, "firefox")
    checksum = requests.get(manifest.url.replace(".json", ".checksum"), timeout=30)
    assert checksum.text == md5(manifest.content, usedforsecurity=False).hexdigest()


def test_an_older_inventory_lacks_what_came_since(url: str) -> None:
    older = manifest_of(url, "firefox", inventory_days()[0]).json()
    newest = manifest_of(url, "firefox").json()
    assert len(older["files"]) < len(newest["files"])
    assert int(older["creationTimestamp"]) < int(newest["creationTimestamp"])


def test_the_command_and_the_server_make_the_same_parts(url: str, folder: Path) -> None:
    written = json.loads((folder / newest_manifest_key(INVENTORIES["archive"])).read_bytes())
    assert written == manifest_of(url, "archive").json()


async def list_days(endpoint_url: str, version: str) -> tuple[int, list[str]]:
    """Read the dated folders, and the newest manifest, with Amazon's own client."""
    prefix = f"public/{INVENTORIES['archive'].prefix}"
    config = Config(signature_version=UNSIGNED, s3={"addressing_style": "path"})
    pages = 0
    found: list[str] = []
    async with get_session().create_client(
        "s3", endpoint_url=endpoint_url, region_name="us-east-1", config=config
    ) as client:
        async for page in client.get_paginator(version).paginate(
            Bucket=INVENTORY_BUCKET, Prefix=prefix, Delimiter="/"
        ):
            pages += 1
            found += [entry["Prefix"].removeprefix(prefix) for entry in page["CommonPrefixes"]]
        key = f"{prefix}{found[-3]}manifest.json"
        answer = await client.get_object(Bucket=INVENTORY_BUCKET, Key=key)
        assert json.loads(await answer["Body"].read())["files"]
    return pages, found


@pytest.mark.parametrize("start", ["/s3", ""])
@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_amazon_s_client_pages_through_the_dated_folders(
    start: str, version: str, url: str
) -> None:
    pages, found = asyncio.run(list_days(url + start, version))
    assert pages == 2
    assert found == [f"{day}/" for day in inventory_days()] + ["data/", "hive/"]


KEYS = st.lists(st.text("ab/", min_size=1, max_size=6), unique=True, max_size=30).map(sorted)


@given(KEYS, st.text("ab/", max_size=3), st.sampled_from(["", "/"]), st.integers(1, 5))
def test_pages_of_any_size_list_the_same_entries(
    keys: list[str], prefix: str, delimiter: str, limit: int
) -> None:
    found: list[str] = []
    after = ""
    while True:
        page = list_keys(keys, prefix=prefix, delimiter=delimiter, after=after, limit=limit)
        entries = sorted([*page.keys, *page.prefixes])
        assert len(entries) <= limit
        found += entries
        if page.last is None:
            break
        assert page.last == entries[-1]
        after = page.last
    wanted = set()
    for key in keys:
        if key.startswith(prefix):
            end = key.find("/", len(prefix)) if delimiter else -1
            wanted.add(key[: end + 1] if end >= 0 else key)
    assert found == sorted(wanted)


def test_a_part_can_be_cut_off_mid_download() -> None:
    with running_sample_archive("tiny", faults=[Fault("truncated", r"/data/.*gz$")]) as url:
        part = manifest_of(url, "archive").json()["files"][0]
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(f"{url}/s3/{INVENTORY_BUCKET}/public/{part['key']}", timeout=30)


def test_parts_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    with running_sample_archive("tiny", cache=tmp_path) as url:
        first = manifest_of(url, "archive").content
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.gz")}
    with running_sample_archive("tiny", cache=tmp_path) as url:
        assert manifest_of(url, "archive").content == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.gz")} == made


def test_workers_make_the_parts_that_one_process_makes(tmp_path: Path) -> None:
    archive = SampleArchive(60_000)
    name = archive.size.name
    pooled = write_parts(name, "archive", tmp_path / "pooled", most_workers=2)
    alone = write_parts(name, "archive", tmp_path / "alone", most_workers=1)
    assert [(p.key, p.md5) for p in pooled] == [(p.key, p.md5) for p in alone]


def test_a_server_stops_while_it_makes_the_parts_of_a_large_inventory(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as reader, running_sample_archive("full", cache=tmp_path) as url:
        reading = reader.submit(manifest_of, url, "firefox")
        while not list(tmp_path.rglob("*.*")):
            assert not reading.done()
            time.sleep(0.05)
        start = time.monotonic()
    assert time.monotonic() - start < 20
    assert len(list(tmp_path.rglob("*.gz"))) < 10
