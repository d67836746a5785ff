"""The nightlies' versions follow the release trains."""

from datetime import date

import pytest
from buildhub_sample_archive.builds.nightly_eras import nightly_version

VERSIONS = [
    ("firefox", "mozilla-central", date(2008, 8, 1), "3.1a2pre"),
    ("firefox", "mozilla-central", date(2010, 7, 20), "4.0b2pre"),
    ("firefox", "mozilla-central", date(2011, 6, 10), "7.0a1"),
    ("firefox", "mozilla-central", date(2013, 3, 15), "22.0a1"),
    ("firefox", "mozilla-aurora", date(2016, 2, 1), "46.0a2"),
    ("firefox", "mozilla-central", date(2016, 7, 7), "50.0a1"),
    ("firefox", "mozilla-central", date(2017, 5, 3), "55.0a1"),
    ("firefox", "mozilla-central", date(2017, 7, 12), "56.0a1"),
    ("firefox", "mozilla-central", date(2018, 4, 11), "61.0a1"),
    ("firefox", "mozilla-central", date(2019, 1, 30), "67.0a1"),
    ("firefox", "mozilla-central", date(2020, 10, 30), "84.0a1"),
    ("firefox", "mozilla-central", date(2024, 5, 17), "128.0a1"),
    ("thunderbird", "comm-central-trunk", date(2009, 5, 10), "3.0b3pre"),
    ("thunderbird", "comm-central", date(2018, 3, 20), "61.0a1"),
    ("fennec", "mozilla-central", date(2010, 12, 1), "4.0b3pre"),
    ("fennec", "mozilla-central", date(2012, 4, 10), "14.0a1"),
    ("fennec", "mozilla-central", date(2015, 7, 3), "42.0a1"),
    ("fennec", "mozilla-central", date(2018, 10, 1), "64.0a1"),
]


@pytest.mark.parametrize(("product", "branch", "day", "version"), VERSIONS)
def test_a_nightly_calls_itself_as_the_real_one_of_that_day(
    product: str, branch: str, day: date, version: str
) -> None:
    assert nightly_version(product, branch, day) == version
