"""The real history as the sample has it: each release with locales, known or likely.

It has no build IDs, revisions or sizes; other modules of this package make them up.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache

from buildhub_schema.release_history import historic_releases

from buildhub_sample_archive.builds.later_history import (
    ANDROID_SUCCESSORS,
    MULTI_LOCALE,
    later_releases,
)

_STABLE = re.compile(r"[\d.]+")


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """One version of one product.

    Attributes:
        product: as in records: ``fennec``, never ``mobile``.
        attempts: number of candidates; the last one was released.
        day: of the release.
        locales: sorted, with ``en-US``; if unknown, the known list nearest in time. Only
            ``multi`` where each build contains all.
    """

    product: str
    version: str
    attempts: int
    day: date
    locales: tuple[str, ...]

    @property
    def key(self) -> str:
        """Product and version, as ``firefox 53.0b9``."""
        return f"{self.product} {self.version}"


@cache
def releases() -> tuple[Release, ...]:
    """Return every release of the history, by product, then by day and version."""
    known = _known_locales()
    found = {}
    for each in historic_releases():
        if each.product in ANDROID_SUCCESSORS:
            continue
        locales = _nearest(known.get(each.product, []), each.day, each.version)
        release = Release(each.product, each.version, each.attempts, each.day, locales)
        found[release.key] = release
    # Fenix and its successor name share a folder, and a few versions.
    for later in later_releases(historic_releases()):
        release = Release(later.product, later.version, later.attempts, later.day, MULTI_LOCALE)
        found[release.key] = release
    return tuple(sorted(found.values(), key=lambda r: (r.product, r.day, r.version)))


@cache
def releases_by_folder() -> dict[str, dict[str, Release]]:
    """Return releases by product, then by version."""
    by_product: dict[str, dict[str, Release]] = defaultdict(dict)
    for release in releases():
        by_product[release.product][release.version] = release
    return dict(by_product)


@cache
def major_days() -> tuple[tuple[date, int], ...]:
    """Return the release day of each major Firefox, in order. Nightly versions follow it."""
    firsts: dict[int, date] = {}
    for release in releases():
        if release.product == "firefox" and _STABLE.fullmatch(release.version):
            firsts.setdefault(int(release.version.partition(".")[0]), release.day)
    return tuple(sorted((day, major) for major, day in firsts.items()))


_Known = list[tuple[date, str, tuple[str, ...]]]


def _known_locales() -> dict[str, _Known]:
    """Return the known locales of each product as (day, version, locales), in order of days."""
    known: dict[str, _Known] = defaultdict(list)
    for each in historic_releases():
        if each.locales is not None:
            known[each.product].append((each.day, each.version, each.locales))
    return {product: sorted(rows) for product, rows in known.items()}


def _nearest(known: _Known, day: date, version: str) -> tuple[str, ...]:
    """Return the locales of the release itself, else those nearest to its day."""
    if not known:
        return ("en-US",)
    place = bisect_left(known, (day, version))
    nearby = known[max(place - 1, 0) : place + 1]
    nearest = min(nearby, key=lambda row: (row[:2] != (day, version), abs(row[0] - day)))
    return nearest[2]
