"""The part of the archive that a run was asked for: products, versions, a first day."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from buildhub.rules.paths import CANDIDATES_SUFFIX
from buildhub.rules.walkable_folders import ROOT, below_product, find_products

_ATTEMPT = re.compile(r"(?:rc[0-9]+)?(?:-funnelcake[0-9]+)?$")

# On this day the last of the archive's files were rewritten: their dates no longer show when they
# were built.
_LAST_REWRITE = date(2015, 10, 21)

# Repacks in other languages are written later than the day that their nightly folder is named for.
_REPACKS_FOLLOW_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run was asked for.

    Attributes:
        products: in a record's spelling.
        versions: the only versions, with their candidates and funnelcakes. Nightlies are left out
            then, as their folders contain no version. Empty means all.
        since: only builds whose files are from this day or later.
    """

    products: frozenset[str]
    versions: frozenset[str] = frozenset()
    since: date | None = None

    def enters(self, folder: str) -> bool:
        """Return whether a build in scope can lie in *folder*, or anywhere below it."""
        if folder == ROOT:
            return True
        if self.products.isdisjoint(find_products(folder)):
            return False
        area, *inside = (*below_product(folder), "")
        if area == "nightly":
            return not self.versions and not self._is_too_old(inside[:-1])
        return not any(inside) or self._may_hold_version(inside[0].removesuffix(CANDIDATES_SUFFIX))

    def wants_version(self, version: str) -> bool:
        """Return whether *version* is in scope, by itself or as an attempt at one that is."""
        wanted = self.versions
        return not wanted or version in wanted or plain_version(version) in wanted

    def _may_hold_version(self, folder_version: str) -> bool:
        # The attempts at a version share a folder: 58.0rc6 lies in 58.0-candidates/build6.
        wanted = {plain_version(version) for version in self.versions}
        return not wanted or plain_version(folder_version) in wanted

    def _is_too_old(self, dated: list[str]) -> bool:
        if self.since is None or self.since <= _LAST_REWRITE or not dated:
            return False
        return last_day(dated) < self.since - _REPACKS_FOLLOW_WITHIN


def plain_version(version: str) -> str:
    """Return the version that *version* is an attempt at: 58.0 for 58.0rc6-funnelcake134."""
    return _ATTEMPT.sub("", version)


def last_day(dated: list[str]) -> date:
    """Return the last day of a year, of a month, or of a dated folder in it.

    Args:
        dated: names of folders, from the year's down: ``["2024", "05"]``.
    """
    year = int(dated[0])
    if len(dated) == 1:
        return date(year, 12, 31)
    month = int(dated[1])
    if len(dated) > 2:
        try:
            return date.fromisoformat(dated[2][:10])
        except ValueError:
            pass
    return date(year, month, monthrange(year, month)[1])


def midnight(day: date) -> datetime:
    """Return the beginning of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
