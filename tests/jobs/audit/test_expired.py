"""Candidates that the archive has deleted because their time was over: their records stay."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from buildhub.audit.report.text import summary_line
from buildhub.counts.summary import ExitCode
from buildhub.rules.expiry import may_have_expired
from buildhub.walk import walk
from buildhub_sample_archive.objects import Folder, same
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import make_record
from tests.jobs.audit.conftest import Catalogue
from tests.jobs.conftest import plain

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CANDIDATE = "https://archive.mozilla.org/pub/firefox/candidates/99.0-candidates/build1/x.exe"
RELEASE = "https://archive.mozilla.org/pub/firefox/releases/99.0/x.exe"

# What a record's download has, and whether its file may have expired.
CASES = [
    pytest.param({"date": "2025-11-30T12:00:00Z"}, True, id="a-year-old"),
    pytest.param({"date": "2025-11-30T12:00:01Z"}, False, id="nearly-a-year-old"),
    pytest.param(
        {"date": "2026-11-01T00:00:00Z", "expires": "2026-11-30T12:00:00Z"}, True, id="told"
    ),
    pytest.param(
        {"date": "2017-11-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}, False, id="told-later"
    ),
    pytest.param({"date": "2017-11-01T00:00:00Z", "url": RELEASE}, False, id="release"),
    pytest.param({"date": "someday"}, False, id="no-date"),
    pytest.param({"date": "2017-11-01T00:00:00"}, False, id="no-zone"),
    pytest.param({}, False, id="no-date-at-all"),
    pytest.param({"url": None, "date": "2017-11-01T00:00:00Z"}, False, id="no-address"),
]


@pytest.mark.parametrize(("download", "expected"), CASES)
def test_only_candidates_expire_when_their_time_is_over(
    download: dict[str, Any], expected: bool
) -> None:
    assert may_have_expired({"download": {"url": CANDIDATE} | download}, NOW) is expected


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner)))
def test_no_download_at_all_breaks_the_rule(download: Any) -> None:
    assert may_have_expired({"download": download}, NOW) is False
    assert not may_have_expired({"download": {"url": CANDIDATE, "expires": download}}, NOW)


@pytest.fixture(params=["inventories", "listings"])
def catalogue(request: pytest.FixtureRequest, catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, side=request.param)


@pytest.fixture
def gone(catalogue: Catalogue) -> Iterator[str]:
    """The ID of a record whose candidate the archive has not."""
    record = make_record(
        id="firefox_99-0rc1_win32_fr",
        target__version="99.0rc1",
        target__candidate=1,
        download__url=f"{catalogue.settings.archive_url}pub/firefox/candidates/56.0b12-candidates/"
        "build1/win32/fr/Firefox Setup 99.0.exe",
        download__date="2017-09-14T00:00:00Z",
    )
    catalogue.put(record)
    yield record["id"]
    catalogue.delete(record["id"])


def test_it_is_counted_as_expired_and_marked_once(catalogue: Catalogue, gone: str) -> None:
    found = catalogue.audit()
    assert (found.extra.count, found.expired, found.exit_code) == (0, 1, ExitCode.SUCCESS)
    assert ", expired 1, " in summary_line(found)
    before = datetime.now(UTC) - timedelta(seconds=1)
    repaired = catalogue.audit(repair=True, force=True)
    assert repaired.repaired
    assert (repaired.repaired.marked, repaired.repaired.deleted) == (1, 0)
    record = catalogue.records()[gone]
    assert before <= datetime.fromisoformat(record["download"]["expired"]) <= datetime.now(UTC)
    again = catalogue.audit(repair=True, force=True)
    assert again.repaired
    assert (again.expired, again.repaired.marked) == (1, 0)
    assert catalogue.records()[gone] == record


def test_filters_and_searches_tell_of_it(catalogue: Catalogue, gone: str) -> None:
    catalogue.audit(repair=True)
    catalogue.wait_for_index()
    auth = tuple((catalogue.settings.auth or "").split(":"))
    params = {"has_download.expired": "true"}
    listed = requests.get(f"{catalogue.url}/records", params=params, auth=auth, timeout=30)
    assert [each["id"] for each in listed.json()["data"]] == [gone]
    body = {"query": {"exists": {"field": "download.expired"}}}
    found = requests.post(f"{catalogue.url}/_search", json=body, auth=auth, timeout=30)
    assert [hit["_id"] for hit in found.json()["hits"]["hits"]] == [gone]


def test_one_whose_time_is_not_over_is_extra(catalogue: Catalogue, gone: str) -> None:
    catalogue.change(gone, "download.expires", "2999-01-01T00:00:00Z")
    found = catalogue.audit()
    assert (found.extra.count, found.expired) == (1, 0)


def without(folder: Folder, path: str, is_gone: Callable[[str], bool]) -> Folder:
    """Return *folder*, at *path*, without some of its files."""
    files = tuple(file for file in folder.files if not is_gone(f"{path}{file.name}"))
    folders = {
        name: same(without(make(), f"{path}{name}/", is_gone))
        for name, make in folder.folders.items()
    }
    return Folder(files, folders)


def test_it_survives_ten_walks_and_a_repair_and_comes_back(loaded: Catalogue) -> None:
    catalogue = replace(loaded, side="listings")
    before = catalogue.records()
    candidates = {
        record_id: record["download"]["url"].partition("/pub/")[2]
        for record_id, record in before.items()
        if "/candidates/" in record["download"]["url"] and "/win32/" in record["download"]["url"]
    }
    assert candidates
    archive = catalogue.archive.archive
    whole = archive.root
    archive.root = without(whole, "", lambda path: path.partition("pub/")[2] in candidates.values())
    try:
        for _ in range(10):
            assert asyncio.run(walk(catalogue.settings, full=True)).failure is None
        assert plain(catalogue.records()) == plain(before)
        repaired = catalogue.audit(repair=True)
        assert repaired.repaired
        assert (repaired.repaired.marked, repaired.repaired.deleted) == (len(candidates), 0)
        assert asyncio.run(walk(catalogue.settings, full=True)).failure is None
        kept = catalogue.records()
        assert all(kept[record_id]["download"]["expired"] for record_id in candidates)
    finally:
        archive.root = whole
    assert asyncio.run(walk(catalogue.settings, full=True)).failure is None
    assert plain(catalogue.records()) == plain(before)
    assert catalogue.audit().exit_code == ExitCode.SUCCESS
