"""Which folders a run skips."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from buildhub.walk.folder_filter import FolderFilter
from buildhub.walk.page import AcknowledgedBuild, FolderPage, PageFile
from buildhub.walk.scope import Scope
from buildhub.walk.state import BranchRow, FolderRow, WalkState
from buildhub_schema.products import PRODUCT_NAMES

NOW = datetime(2024, 6, 20, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0
HOUR = 3_600.0
APRIL, MAY = (datetime(2024, month, 2, tzinfo=UTC).timestamp() for month in (4, 5))

ALL = Scope(frozenset(PRODUCT_NAMES))
ONE_VERSION = replace(ALL, versions=frozenset({"58.0"}))
SINCE_MAY = replace(ALL, since=date(2024, 5, 1))


@pytest.fixture
def state() -> Iterator[WalkState]:
    with closing(WalkState(":memory:")) as state:
        yield state


def make_filter(
    scope: Scope = ALL, state: Any = None, *, rereads: bool = False, full_since: float | None = None
) -> FolderFilter:
    return FolderFilter(scope, state, NOW, rereads, full_since)


USUAL = make_filter()
VERSION = make_filter(ONE_VERSION, rereads=True)
SINCE = make_filter(SINCE_MAY, rereads=True)
AUDIT = make_filter(rereads=True)
FULL = make_filter(rereads=True, full_since=NOW - DAY)


@pytest.mark.parametrize(
    ("folder_filter", "row", "is_finished"),
    [
        pytest.param(USUAL, BranchRow(NOW - DAY, NOW + 1), False, id="still-open"),
        pytest.param(USUAL, BranchRow(NOW - 9 * DAY, NOW), True, id="closed"),
        pytest.param(VERSION, BranchRow(0, 0), False, id="a-version-is-read-again"),
        pytest.param(AUDIT, BranchRow(0, 0), False, id="an-audit-trusts-no-walk"),
        pytest.param(SINCE, BranchRow(MAY, 0), False, id="younger-than-the-day"),
        pytest.param(SINCE, BranchRow(APRIL, 0), True, id="older-than-the-day"),
        pytest.param(SINCE, BranchRow(APRIL, NOW + DAY), False, id="older-and-still-growing"),
        pytest.param(FULL, BranchRow(0, 0), False, id="not-reached-by-the-full-walk"),
        pytest.param(FULL, BranchRow(0, 0, repeated=NOW - DAY / 2), True, id="reached"),
        pytest.param(FULL, BranchRow(0, 0, repeated=NOW - 2 * DAY), False, id="by-an-earlier-one"),
    ],
)
def test_branches_are_skipped_when_nothing_new_is_expected_of_them(
    folder_filter: FolderFilter, row: BranchRow, is_finished: bool
) -> None:
    assert folder_filter.is_finished(row) == is_finished


def test_a_page_is_split_into_folders_to_look_at_and_finished_branches(state: WalkState) -> None:
    parent = "pub/firefox/releases/"
    state.keep_branch(f"{parent}57.0/", BranchRow(NOW - 9 * DAY, NOW - DAY))
    state.keep_branch(f"{parent}58.0/", BranchRow(NOW - DAY, NOW + DAY))
    wanted, finished = make_filter(state=state).split(
        parent, ["57.0/", "58.0/", "59.0/", "latest/"]
    )
    assert wanted == [f"{parent}58.0/", f"{parent}59.0/"]
    assert finished == [f"{parent}57.0/"]


def row_of(folders: tuple[str, ...] = (), **builds: bool) -> FolderRow:
    """Return a folder that was quiet for a day; *builds* says which are fully described."""
    found = {
        name: AcknowledgedBuild(PageFile(APRIL, "5"), 5, has_full_metadata)
        for name, has_full_metadata in builds.items()
    }
    return FolderRow("etag", APRIL + DAY, FolderPage(folders, frozenset(), APRIL, found))


LOCALE = "pub/firefox/releases/58.0/win64/fr/"
QUIET = row_of(build=True)


@pytest.mark.parametrize(
    ("folder_filter", "folder", "row", "is_unchanged"),
    [
        pytest.param(USUAL, LOCALE, QUIET, True, id="quiet"),
        pytest.param(AUDIT, LOCALE, QUIET, False, id="read-again"),
        pytest.param(USUAL, LOCALE, row_of(build=False), False, id="waits-for-metadata"),
        pytest.param(USUAL, LOCALE, row_of(("x/",), build=True), False, id="with-folders"),
        pytest.param(USUAL, LOCALE, row_of(), False, id="without-builds"),
        pytest.param(
            USUAL, LOCALE, replace(QUIET, requested_at=APRIL + HOUR), False, id="being-written-to"
        ),
        pytest.param(
            USUAL,
            "pub/firefox/nightly/2024/06/2024-06-20-09-00-00-mozilla-central/",
            QUIET,
            False,
            id="a-dated-folder-goes-on-getting-builds",
        ),
    ],
)
def test_a_folder_is_requested_again_unless_it_is_finished_with_its_build(
    folder_filter: FolderFilter, folder: str, row: FolderRow, is_unchanged: bool
) -> None:
    assert folder_filter.is_unchanged(folder, row) == is_unchanged


@pytest.mark.parametrize(
    ("folder", "is_unchanged"),
    [
        ("pub/", False),
        ("pub/firefox/candidates/", False),
        ("pub/firefox/nightly/", False),
        ("pub/firefox/nightly/2024/", False),
        ("pub/firefox/nightly/2023/", True),
        ("pub/firefox/nightly/2024/06/", False),
        ("pub/firefox/nightly/2024/05/", True),
    ],
)
def test_above_the_branches_only_past_years_and_months_are_unchanged(
    folder: str, is_unchanged: bool
) -> None:
    assert USUAL.is_unchanged(folder, row_of()) == is_unchanged
    assert not FULL.is_unchanged(folder, row_of())


def test_a_month_is_complete_some_days_after_its_last() -> None:
    folder = "pub/firefox/nightly/2024/02/"
    ends = (datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=3)).timestamp()
    assert not replace(USUAL, now=ends - 1).is_unchanged(folder, row_of())
    assert replace(USUAL, now=ends).is_unchanged(folder, row_of())
