"""``buildhub export`` against the real server: snapshots, formats, signatures, changes, kills."""

import asyncio
import csv
import hashlib
import itertools
import json
import signal
import threading
from pathlib import Path
from typing import Any

import minisign
import pytest
import requests
from aiohttp import web
from buildhub.export import snapshot as snapshots

from tests.conftest import make_record
from tests.jobs.export.exporting import AUTH, environment, export, lines, publish, stored
from tests.jobs.served_catalogue import Place
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.programs import Program


def snapshot(folder: Path) -> list[dict[str, Any]]:
    return lines(folder / "latest" / "builds.ndjson.gz")


RECORDS = [
    make_record(id="a"),
    make_record(id="b", build=None, source__tree="=1+1", source__revision=None),
    make_record(id="c", build__id="007", target__candidate=3, download__size=2**40),
]


def test_all_formats_have_what_the_server_has(place: Place, tmp_path: Path) -> None:
    publish(place, *RECORDS)
    done = export(place, tmp_path, "-f", "ndjson", "-f", "csv", "-f", "parquet")
    assert done.exit_code == 0, done.output
    expected = stored(place)
    assert {each["id"]: each for each in snapshot(tmp_path)} == expected
    text = (tmp_path / "latest" / "builds.csv").read_text()
    rows = {row["id"]: row for row in csv.DictReader(text.splitlines())}
    assert rows["c"]["build.id"] == "007"
    assert rows["b"]["source.tree"] == "'=1+1"
    assert rows["c"]["download.size"] == str(2**40)


def test_metadata_says_what_it_is(place: Place, tmp_path: Path) -> None:
    publish(place, *RECORDS)
    export(place, tmp_path)
    latest = tmp_path / "latest"
    metadata = json.loads((latest / "metadata.json").read_text())
    newest = max(record["last_modified"] for record in stored(place).values())
    assert (metadata["timestamp"], metadata["count"]) == (newest, 3)
    assert metadata["schema"]["properties"]["build"]
    assert metadata["coverage"]["channels"] == []
    for line in (latest / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((latest / name).read_bytes()).hexdigest() == digest


def test_two_exports_of_one_snapshot_are_equal_byte_for_byte(place: Place, tmp_path: Path) -> None:
    publish(place, *RECORDS)
    for name in ("one", "two"):
        export(place, tmp_path / name, "-f", "ndjson", "-f", "csv", "-f", "parquet")
    for file in (tmp_path / "one" / "latest").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / "latest" / file.name).read_bytes()


def test_a_snapshot_is_of_one_moment_though_others_write(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "RECORDS_PER_REQUEST", 2)
    publish(place, *(make_record(id=f"record-{number}") for number in range(8)))
    writes = iter(
        [
            lambda: publish(place, make_record(id="record-0", build__number=7)),
            lambda: delete(place, "record-1"),
            lambda: publish(place, make_record(id="record-7", build__number=7)),
            lambda: publish(place, make_record(id="another")),
        ]
    )

    def write_first(request: web.Request, _: int) -> None:
        if request.path.endswith("/records") and request.method == "GET":
            next(writes, lambda: None)()

    with running(forwarding(place.url.removesuffix("/v1"), write_first)) as url:
        through = Place(f"{url}/v1", place.bucket, place.collection)
        assert export(through, tmp_path).exit_code == 0
    assert {each["id"]: each for each in snapshot(tmp_path)} == stored(place)


def delete(place: Place, record_id: str) -> None:
    path = f"buckets/{place.bucket}/collections/{place.collection}/records/{record_id}"
    requests.delete(f"{place.url}/{path}", auth=AUTH, timeout=30).raise_for_status()


def test_changes_follow_with_tombstones(place: Place, tmp_path: Path) -> None:
    publish(place, *RECORDS)
    export(place, tmp_path)
    assert "Nothing has changed" in export(place, tmp_path, "--changes").output
    delete(place, "a")
    publish(place, make_record(id="d"))
    assert "2 changes" in export(place, tmp_path, "--changes").output
    (folder,) = tmp_path.glob("changes-*")
    changes = lines(folder / "changes.ndjson.gz")
    assert [(each["id"], each.get("deleted")) for each in changes] == [("a", True), ("d", None)]
    publish(place, make_record(id="e"))
    export(place, tmp_path, "--changes")
    state = {each["id"]: each for each in snapshot(tmp_path)}
    for folder in sorted(tmp_path.glob("changes-*")):
        for each in lines(folder / "changes.ndjson.gz"):
            state.pop(each["id"], None)
            if not each.get("deleted"):
                state[each["id"]] = each
    assert state == stored(place)


def test_changes_need_something_to_follow(place: Place, tmp_path: Path) -> None:
    done = export(place, tmp_path, "--changes")
    assert done.exit_code == 2
    assert "export all first" in done.stderr


def test_older_exports_are_removed(place: Place, tmp_path: Path) -> None:
    for number in range(4):
        publish(place, make_record(id=f"record-{number}"))
        assert export(place, tmp_path, "--keep", "2").exit_code == 0
        export(place, tmp_path, "--changes")
    names = sorted(each.name for each in tmp_path.iterdir())
    assert len(names) == 3
    assert (tmp_path / "latest").resolve().name == names[1]
    assert len(snapshot(tmp_path)) == 4


def test_a_signature_is_minisigns(place: Place, tmp_path: Path) -> None:
    publish(place, *RECORDS)
    pair = minisign.KeyPair.generate()
    key = tmp_path / "key"
    pair.secret_key.encrypt("password")
    key.write_bytes(bytes(pair.secret_key))
    refused = export(place, tmp_path / "out", "--sign-key", str(key), MINISIGN_PASSWORD="wrong")
    assert (refused.exit_code, "another password" in refused.stderr) == (2, True)
    done = export(place, tmp_path / "out", "--sign-key", str(key), MINISIGN_PASSWORD="password")
    assert done.exit_code == 0, done.output
    latest = tmp_path / "out" / "latest"
    signature = minisign.Signature.from_bytes((latest / "SHA256SUMS.minisig").read_bytes())
    pair.public_key.verify((latest / "SHA256SUMS").read_bytes(), signature)
    with pytest.raises(minisign.VerifyError):
        pair.public_key.verify(b"something else", signature)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("request_number", range(5))
def test_a_kill_leaves_the_last_export(
    place: Place, tmp_path: Path, request_number: int, end: signal.Signals
) -> None:
    publish(place, *RECORDS)
    export(place, tmp_path)
    before = contents(tmp_path / "latest")
    publish(place, make_record(id="d"))
    forward = forwarding(place.url.removesuffix("/v1"), lambda *_: None)
    numbers, is_reached = itertools.count(), threading.Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        if next(numbers) == request_number:
            is_reached.set()
            await asyncio.sleep(3600)
        return await forward(request)

    with running(hold) as url:
        held = environment(Place(f"{url}/v1", place.bucket, place.collection))
        program = Program("buildhub", "export", "-o", str(tmp_path), **held)
        try:
            assert is_reached.wait(60), program.output
        finally:
            program.process.send_signal(end)
            code = program.process.wait(60)
    assert code == (130 if end is signal.SIGINT else -signal.SIGKILL), program.output
    assert contents(tmp_path / "latest") == before
    assert export(place, tmp_path).exit_code == 0
    assert len(snapshot(tmp_path)) == 4
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}
