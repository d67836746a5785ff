"""The real release history: which versions were released on which day, in which locales.

The data is made from Mozilla's public product details, and ends with May 2024. It has no build IDs,
revisions or file sizes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from gzip import decompress
from importlib import resources

# In place of the locales of lists that were lost.
_LOST = "all"


@dataclass(frozen=True, slots=True)
class HistoricRelease:
    """One version of one product.

    Attributes:
        product: ``firefox``, ``devedition``, ``thunderbird``, ``fennec``, ``fenix`` or
            ``firefox-android``.
        version: as in the archive, ``52.0esr``.
        attempts: number of candidates; the last one was released.
        day: of the release.
        locales: sorted, with ``en-US``; None if its list is not known.
    """

    product: str
    version: str
    attempts: int
    day: date
    locales: tuple[str, ...] | None


@cache
def historic_releases() -> tuple[HistoricRelease, ...]:
    """Return all releases, in the order of the data: some 4,300 small objects."""
    packed = resources.files(__package__).joinpath("release-history.json.gz").read_bytes()
    history = json.loads(decompress(packed))
    lists = [None if _LOST in each else tuple(sorted(each)) for each in history["locale_sets"]]
    return tuple(
        HistoricRelease(
            product, version, attempts, date.fromisoformat(day), None if n is None else lists[n]
        )
        for product, version, attempts, day, _category, n in history["releases"]
    )


@cache
def releases_by_version() -> Mapping[tuple[str, str], HistoricRelease]:
    """Return all releases by product and version."""
    return {(each.product, each.version): each for each in historic_releases()}
