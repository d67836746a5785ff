"""Branches, platforms and versions of nightlies over time, as tables."""

from datetime import date
from typing import NamedTuple

from buildhub_sample_archive.builds.history import major_days, releases
from buildhub_sample_archive.builds.later_history import FENIX_SINCE, FOCUS_SINCE

END = date(2024, 5, 31)
"""The history's last day."""

_AURORA_GONE_SINCE = date(2017, 4, 18)


class Branch(NamedTuple):
    """A branch with nightly builds; only those of the central branches are catalogued."""

    product: str
    name: str
    since: date
    until: date
    is_catalogued: bool = True
    every_days: int = 1
    has_locales: bool = True


BRANCHES = (
    Branch("firefox", "trunk", date(2004, 11, 1), date(2008, 6, 16), False, 7),
    Branch("firefox", "mozilla-central", date(2008, 6, 17), END),
    Branch("firefox", "mozilla-1.9.2", date(2009, 8, 14), date(2010, 12, 31), False, 7),
    Branch("firefox", "mozilla-aurora", date(2011, 4, 13), date(2017, 4, 18), False, 7),
    Branch("thunderbird", "trunk", date(2005, 1, 1), date(2008, 7, 25), False, 14),
    Branch("thunderbird", "comm-central", date(2008, 7, 26), date(2009, 1, 8)),
    Branch("thunderbird", "comm-central-trunk", date(2009, 1, 9), date(2010, 8, 20)),
    Branch("thunderbird", "comm-central", date(2010, 8, 21), END),
    Branch("fennec", "mozilla-central", date(2010, 12, 1), date(2019, 5, 17)),
    # In the archive these have a run each day; here they are few, as they are small.
    Branch("fenix", "fenix", FENIX_SINCE, END, every_days=7, has_locales=False),
    Branch("focus", "focus", FOCUS_SINCE, END, every_days=7, has_locales=False),
    Branch("thunderbird-android", "main", date(2024, 12, 6), date(2026, 8, 11), True, 14, False),
)


class PlatformDays(NamedTuple):
    """A platform, as in file names, and the days of its first and last nightly."""

    name: str
    since: date = date(2004, 1, 1)
    until: date = END
    products: tuple[str, ...] = ("firefox", "thunderbird")


DESKTOP_PLATFORMS = (
    PlatformDays("linux-i686"),
    PlatformDays("linux-x86_64", date(2009, 6, 1)),
    PlatformDays("linux-aarch64", date(2024, 4, 20), products=("firefox",)),
    PlatformDays("mac"),
    PlatformDays("win32"),
    PlatformDays("win64-x86_64", date(2012, 6, 1), date(2015, 2, 28), ("firefox",)),
    PlatformDays("win64", date(2015, 3, 1), END, ("firefox",)),
    PlatformDays("win64", date(2018, 9, 1), END, ("thunderbird",)),
    PlatformDays("win64-aarch64", date(2019, 1, 15), products=("firefox",)),
)


class FennecFolder(NamedTuple):
    """The end of a Fennec folder's name, and the platform in the names of its files."""

    suffix: str
    platform: str
    since: date
    until: date = END
    loses_conflict: bool = False

    @property
    def has_locales(self) -> bool:
        """Return whether it has a folder with other locales."""
        return self.suffix.startswith("-android-api") and "old-id" not in self.suffix


FENNEC_FOLDERS = (
    FennecFolder("-linux", "linux-i686", date(2010, 12, 1), date(2011, 6, 30)),
    FennecFolder("-macosx", "mac", date(2010, 12, 1), date(2011, 6, 30)),
    FennecFolder("-android", "android-arm", date(2010, 12, 1), date(2014, 12, 5)),
    # For a while there were two user interfaces for Android, with the same file names.
    FennecFolder("-android-xul", "android-arm", date(2011, 11, 1), date(2012, 6, 30), True),
    FennecFolder("-android-armv6", "android-arm-armv6", date(2012, 7, 1), date(2014, 6, 30)),
    FennecFolder("-android-x86", "android-i386", date(2012, 12, 1)),
    FennecFolder("-android-api-10", "android-arm", date(2014, 12, 6), date(2014, 12, 12)),
    FennecFolder("-android-api-9", "android-arm", date(2014, 12, 13), date(2016, 3, 31)),
    FennecFolder("-android-api-11", "android-arm", date(2014, 12, 13), date(2016, 1, 28)),
    FennecFolder("-android-api-15", "android-arm", date(2016, 1, 29), date(2017, 8, 29)),
    FennecFolder("-android-api-15-old-id", "android-arm", date(2017, 7, 1), date(2017, 8, 29)),
    FennecFolder("-android-api-16", "android-arm", date(2017, 8, 30)),
    FennecFolder("-android-api-16-old-id", "android-arm", date(2017, 8, 30), date(2017, 10, 20)),
    FennecFolder("-android-x86-old-id", "android-i386", date(2017, 7, 1), date(2017, 10, 20)),
    FennecFolder("-android-aarch64", "android-aarch64", date(2018, 11, 1)),
)

_OLD_VERSIONS = (
    # The first day of each version on the trunk, up to the first Firefox of the release train.
    (date(2004, 1, 1), "1.0+", "1.0+", ""),
    (date(2006, 1, 1), "3.0a1", "3.0a1", ""),
    (date(2007, 11, 1), "3.0b2pre", "3.0a1pre", ""),
    (date(2008, 6, 17), "3.1a1pre", "3.0a2pre", ""),
    (date(2008, 8, 1), "3.1a2pre", "3.0b1pre", ""),
    (date(2008, 10, 1), "3.1b2pre", "3.0b1pre", ""),
    (date(2009, 1, 9), "3.2a1pre", "3.0b2pre", ""),
    (date(2009, 3, 1), "3.6a1pre", "3.0b3pre", ""),
    (date(2009, 8, 14), "3.7a1pre", "3.1a1pre", ""),
    (date(2010, 7, 1), "4.0b2pre", "3.2a1pre", ""),
    (date(2010, 9, 1), "4.0b7pre", "3.3a1pre", "4.0b1pre"),
    (date(2010, 12, 1), "4.0b8pre", "3.3a2pre", "4.0b3pre"),
    (date(2011, 3, 4), "4.2a1pre", "3.4a1pre", "4.2a1pre"),
)
_FIRST_ON_A_TRAIN = date(2011, 4, 12)


# For a while, nightlies of Firefox for Android had the version of the release, then of its beta.
_FENIX_LIKE_GECKO_SINCE = date(2022, 7, 12)
_FENIX_ALPHAS_SINCE = date(2023, 2, 14)


def nightly_version(product: str, branch: str, day: date) -> str:
    """Return the version of that day's nightly: ``55.0a1`` on 2017-05-03."""
    if branch == "mozilla-1.9.2":
        return "3.6b1pre"
    if day < _FIRST_ON_A_TRAIN:
        row = max(row for row in _OLD_VERSIONS if row[0] <= day)
        return dict(zip(("firefox", "thunderbird", "fennec"), row[1:], strict=True))[product]
    if product == "thunderbird-android":
        return f"{_released_thunderbird(day) + 2}.0a1"
    released = max(major for since, major in major_days() if since <= day)
    if product == "fenix" and day < _FENIX_ALPHAS_SINCE:
        return f"{released + 2}.0{'.0' if day < _FENIX_LIKE_GECKO_SINCE else 'b1'}"
    if branch == "mozilla-aurora":
        return f"{released + 2}.0a2"
    # Before Aurora ended, a change took one more cycle to be released.
    return f"{released + (3 if day < _AURORA_GONE_SINCE else 2)}.0a1"


def _released_thunderbird(day: date) -> int:
    """Return the major version of Thunderbird for Android that was released by a day."""
    majors = [
        int(release.version.partition(".")[0])
        for release in releases()
        if release.product == "thunderbird-android" and release.day <= day
    ]
    return max(majors, default=8)
