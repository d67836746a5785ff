"""Platforms, file extensions and file names by version, as tables."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Number = tuple[int, int]
"""The first two numbers of a version."""

_FIRST: Number = (0, 0)
_LAST: Number = (999, 0)

ARCHIVE_PRODUCTS = {
    "fennec": "mobile",
    "klar": "focus",
    "thunderbird-android": "thunderbird-mobile/android",
}
"""Folders that are not named after the product."""

FILE_PREFIXES = {"devedition": "firefox"}
"""Start of file names, if it is not the product."""


class PlatformEra(NamedTuple):
    """A platform of a product, and the versions that were built for it, both ends included."""

    product: str
    platform: str
    since: Number = _FIRST
    until: Number = _LAST


PLATFORM_ERAS = (
    PlatformEra("firefox", "linux-i686"),
    PlatformEra("firefox", "linux-x86_64", (4, 0)),
    PlatformEra("firefox", "linux-aarch64", (136, 0)),
    PlatformEra("firefox", "mac"),
    PlatformEra("firefox", "win32"),
    PlatformEra("firefox", "win64", (42, 0)),
    PlatformEra("firefox", "win64-aarch64", (67, 0)),
    PlatformEra("firefox", "linux-i686-EME-free", (49, 0), (57, 9)),
    PlatformEra("firefox", "linux-x86_64-EME-free", (49, 0), (57, 9)),
    PlatformEra("firefox", "mac-EME-free", (38, 0), (82, 9)),
    PlatformEra("firefox", "win32-EME-free", (38, 0), (82, 9)),
    PlatformEra("firefox", "win64-EME-free", (42, 0), (82, 9)),
    PlatformEra("firefox", "win32-sha1", (43, 0), (45, 9)),
    PlatformEra("devedition", "linux-i686"),
    PlatformEra("devedition", "linux-x86_64"),
    PlatformEra("devedition", "linux-aarch64", (136, 0)),
    PlatformEra("devedition", "mac"),
    PlatformEra("devedition", "win32"),
    PlatformEra("devedition", "win64"),
    PlatformEra("devedition", "win64-aarch64", (67, 0)),
    PlatformEra("thunderbird", "linux-i686"),
    PlatformEra("thunderbird", "linux-x86_64", (5, 0)),
    PlatformEra("thunderbird", "mac"),
    PlatformEra("thunderbird", "win32"),
    PlatformEra("thunderbird", "win64", (68, 0)),
    PlatformEra("fennec", "maemo", (1, 0), (1, 9)),
    PlatformEra("fennec", "maemo5-gtk", (4, 0), (7, 0)),
    PlatformEra("fennec", "android", (4, 0), (35, 9)),
    PlatformEra("fennec", "android-armv6", (15, 0), (31, 9)),
    PlatformEra("fennec", "android-api-9", (36, 0), (47, 9)),
    PlatformEra("fennec", "android-api-11", (36, 0), (45, 9)),
    PlatformEra("fennec", "android-api-15", (46, 0), (55, 9)),
    PlatformEra("fennec", "android-api-16", (56, 0)),
    PlatformEra("fennec", "android-x86", (20, 0)),
    PlatformEra("fennec", "android-x86_64", (68, 1)),
    PlatformEra("fennec", "android-aarch64", (68, 0)),
)

MULTI_ONLY_PLATFORMS = frozenset(
    {"android-x86", "android-x86_64", "android-aarch64", "android-armv6"}
)
"""Fennec was built for these in en-US and with all locales in one build, nothing else."""

ANDROID_FILE_PLATFORMS = {
    "maemo": "linux-gnueabi-arm",
    "maemo5-gtk": "linux-gnueabi-arm",
    "android-x86": "android-i386",
    "android-x86_64": "android-x86_64",
    "android-aarch64": "android-aarch64",
}
"""The platform in the names of Fennec's files, by folder, if it is not ``android-arm``."""

_NUMBER = re.compile(r"(\d+)\.(\d+)")
_SPELLED_OUT = re.compile(r"(?P<base>[\d.]+?)(?P<stage>b|rc)(?P<number>\d+)")
_STAGES = {"b": "Beta", "rc": "RC"}


def number_of(version: str) -> Number:
    """Return the first two numbers of *version*; ``56.0b12`` gives (56, 0)."""
    match = _NUMBER.match(version)
    return (int(match[1]), int(match[2])) if match else _FIRST


@lru_cache(maxsize=8192)
def platforms_of(product: str, version: str) -> tuple[str, ...]:
    """Return the platform folders of a release of *version*."""
    number = number_of(version)
    return tuple(
        era.platform
        for era in PLATFORM_ERAS
        if era.product == product and era.since <= number <= era.until
    )


def locales_on(platform: str, locales: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *locales* that are built for *platform*: Japanese is ja-JP-mac on a Mac."""
    unwanted = "ja" if platform.startswith("mac") else "ja-JP-mac"
    if "android" in platform or "maemo" in platform:
        kept = ("en-US",) if platform in MULTI_ONLY_PLATFORMS else locales
        return tuple(sorted({*kept, "multi"} - {unwanted}))
    return tuple(locale for locale in locales if locale != unwanted)


@dataclass(frozen=True, slots=True)
class Names:
    """The file names of one version."""

    product: str
    version: str

    @property
    def prefix(self) -> str:
        """Start of the names of Linux and metadata files."""
        return FILE_PREFIXES.get(self.product, self.product)

    @property
    def title(self) -> str:
        """Start of the names of Windows and Mac files."""
        return self.prefix.capitalize()

    @property
    def spelled_version(self) -> str:
        """The version in the names of Windows and Mac files of 2006 to 2011: ``4.0 Beta 12``."""
        match = _SPELLED_OUT.fullmatch(self.version)
        if match is None or not (2, 0) <= number_of(self.version) <= (4, 0):
            return self.version
        return f"{match['base']} {_STAGES[match['stage']]} {match['number']}"

    @property
    def linux_extension(self) -> str:
        """The file extension on Linux, by the compression of the time."""
        number = number_of(self.version)
        if number < (3, 0):
            return "tar.gz"
        newest_bz2 = (139, 99) if self.version.endswith("esr") else (134, 99)
        return "tar.bz2" if number <= newest_bz2 else "tar.xz"

    def package(self, platform: str, locale: str) -> str:
        """Return the name of the build for *platform* in *locale*'s folder."""
        if self.product == "fennec":
            spelled = ANDROID_FILE_PLATFORMS.get(platform, "android-arm")
            ending = "tar.bz2" if "maemo" in platform else "apk"
            return f"{self.prefix}-{self.version}.{locale}.{spelled}.{ending}"
        if platform.startswith("linux"):
            return f"{self.prefix}-{self.version}.{self.linux_extension}"
        if platform.startswith("mac"):
            return f"{self.title} {self.spelled_version}.dmg"
        return f"{self.title} Setup {self.spelled_version}.exe"


_MEGABYTES_BY_YEAR = {
    2004: 6, 2006: 7, 2008: 9, 2010: 11, 2011: 15, 2012: 19, 2013: 25, 2014: 34, 2015: 42,
    2016: 47, 2017: 52, 2019: 60, 2021: 71, 2023: 76,
}  # fmt: skip
_SIZE_PER_CENT = {"mac": 120, "win": 80, "android": 85, "linux": 105, "maemo": 90}


def package_bytes(platform: str, year: int) -> int:
    """Return the approximate size of a build in *year*, close to known sizes."""
    known_year = max((known for known in _MEGABYTES_BY_YEAR if known <= year), default=2004)
    per_cent = next(share for name, share in _SIZE_PER_CENT.items() if name in platform)
    return _MEGABYTES_BY_YEAR[known_year] * per_cent * 10_007
