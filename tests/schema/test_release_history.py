"""The release history, by facts that are known from elsewhere."""

from datetime import date

import pytest
from buildhub_schema.release_history import historic_releases, releases_by_version


@pytest.mark.parametrize(
    ("product", "version", "attempts", "day", "locale_count"),
    [
        ("firefox", "50.0", 2, date(2016, 11, 15), 92),
        ("firefox", "53.0b9", 1, date(2017, 4, 4), 94),
        ("fennec", "50.0", 1, date(2016, 11, 15), 83),
        ("thunderbird", "56.0b4", 14, date(2017, 10, 18), 60),
        ("firefox", "1.0", 1, date(2004, 11, 9), None),
    ],
)
def test_a_release_is_as_it_was(
    product: str, version: str, attempts: int, day: date, locale_count: int | None
) -> None:
    release = releases_by_version()[product, version]
    assert (release.attempts, release.day) == (attempts, day)
    assert (release.locales and len(release.locales)) == locale_count


def test_every_release_is_there_once() -> None:
    assert len(releases_by_version()) == len(historic_releases()) == 4292


def test_a_list_is_sorted_has_english_and_no_lost_locales() -> None:
    lists = [each.locales for each in historic_releases() if each.locales is not None]
    assert len(lists) > 3000
    assert all(each == tuple(sorted(set(each))) and "en-US" in each for each in lists)
    assert not any("all" in each for each in lists)
