"""Which folders a run asks about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from buildhub.walk.scope import Narrowed, open_until
from buildhub.walk.state import BranchRow

ALL = frozenset({"firefox", "devedition", "thunderbird", "fennec"})
NOW = datetime(2024, 6, 20, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0

EVERYTHING = Narrowed(ALL)
ONE_PRODUCT = Narrowed(frozenset({"fennec"}))
ONE_VERSION = Narrowed(ALL, versions=frozenset({"58.0"}))
SINCE_MAY = Narrowed(ALL, since=date(2024, 5, 1))


@pytest.mark.parametrize(
    ("narrowed", "folder", "enters"),
    [
        (EVERYTHING, "pub/firefox/releases/58.0/", True),
        (EVERYTHING, "pub/firefox/releases/latest/", False),
        (ONE_PRODUCT, "pub/", True),
        (ONE_PRODUCT, "pub/mobile/", True),
        (ONE_PRODUCT, "pub/firefox/", False),
        (ONE_VERSION, "pub/firefox/releases/", True),
        (ONE_VERSION, "pub/firefox/releases/58.0/", True),
        (ONE_VERSION, "pub/firefox/releases/58.0/win64/fr/", True),
        (ONE_VERSION, "pub/firefox/releases/58.0.1/", False),
        (ONE_VERSION, "pub/firefox/releases/58.0-funnelcake137/", True),
        (ONE_VERSION, "pub/firefox/candidates/58.0-candidates/build6/", True),
        (ONE_VERSION, "pub/firefox/nightly/", False),
        (SINCE_MAY, "pub/firefox/releases/58.0/", True),
        (SINCE_MAY, "pub/firefox/nightly/2023/", False),
        (SINCE_MAY, "pub/firefox/nightly/2024/", True),
        (SINCE_MAY, "pub/firefox/nightly/2024/04/", False),
        (SINCE_MAY, "pub/firefox/nightly/2024/05/", True),
        (SINCE_MAY, "pub/firefox/nightly/2024/05/2024-05-01-09-00-00-mozilla-central/", True),
        (SINCE_MAY, "pub/firefox/nightly/2024/05/2024-04-30-09-00-00-mozilla-central/", False),
    ],
)
def test_a_run_enters_what_it_is_about(narrowed: Narrowed, folder: str, enters: bool) -> None:
    assert narrowed.enters(folder) == enters


@pytest.mark.parametrize(
    ("folder", "may_have_grown"),
    [
        ("pub/", True),
        ("pub/firefox/candidates/", True),
        ("pub/firefox/nightly/", True),
        ("pub/firefox/nightly/2024/", True),
        ("pub/firefox/nightly/2023/", False),
        ("pub/firefox/nightly/2024/06/", True),
        ("pub/firefox/nightly/2024/05/", False),
    ],
)
def test_only_years_and_months_that_are_over_do_not_grow(folder: str, may_have_grown: bool) -> None:
    assert EVERYTHING.may_have_grown(folder, NOW) == may_have_grown
    assert Narrowed(ALL, full=True).may_have_grown(folder, NOW)


def test_a_month_is_over_some_days_after_its_last() -> None:
    folder = "pub/firefox/nightly/2024/02/"
    ends = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=3)
    assert EVERYTHING.may_have_grown(folder, ends.timestamp() - 1)
    assert not EVERYTHING.may_have_grown(folder, ends.timestamp())


@pytest.mark.parametrize(
    ("narrowed", "row", "is_finished"),
    [
        (EVERYTHING, BranchRow(NOW - DAY, NOW + 1), False),
        (EVERYTHING, BranchRow(NOW - 9 * DAY, NOW), True),
        (ONE_VERSION, BranchRow(0, 0), False),
        (SINCE_MAY, BranchRow(datetime(2024, 5, 2, tzinfo=UTC).timestamp(), 0), False),
        (SINCE_MAY, BranchRow(datetime(2024, 4, 2, tzinfo=UTC).timestamp(), NOW + DAY), True),
        (Narrowed(ALL, full=True), BranchRow(0, 0), False),
        (Narrowed(ALL, full=True), BranchRow(0, 0, repeated=NOW - DAY / 2), True),
        (Narrowed(ALL, full=True), BranchRow(0, 0, repeated=NOW - 2 * DAY), False),
    ],
)
def test_branches_are_passed_by_when_nothing_is_expected_of_them(
    narrowed: Narrowed, row: BranchRow, is_finished: bool
) -> None:
    assert narrowed.is_finished(row, NOW, full_since=NOW - DAY) == is_finished


@pytest.mark.parametrize(
    ("branch", "newest_age_days", "undescribed_age_days", "is_open"),
    [
        ("pub/firefox/releases/58.0/", 2, None, True),
        ("pub/firefox/releases/58.0/", 4, None, False),
        ("pub/firefox/releases/58.0/", 20, 20, True),
        ("pub/firefox/releases/58.0/", 31, 31, False),
        ("pub/firefox/candidates/58.0-candidates/", 13, None, True),
        ("pub/firefox/candidates/58.0-candidates/", 15, None, False),
        ("pub/firefox/nightly/2018/01/2018-01-01-10-00-00-mozilla-central/", 1, None, True),
    ],
)
def test_a_branch_is_open_while_it_is_young_or_waits_for_metadata(
    branch: str, newest_age_days: float, undescribed_age_days: float | None, is_open: bool
) -> None:
    undescribed = 0.0 if undescribed_age_days is None else NOW - undescribed_age_days * DAY
    assert (open_until(branch, NOW - newest_age_days * DAY, undescribed) > NOW) == is_open
