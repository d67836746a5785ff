"""How long branches stay open."""

import pytest
from buildhub.walk.branches import open_until

NOW = 1_718_884_800.0
DAY = 86_400.0


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
