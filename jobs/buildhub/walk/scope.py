"""Which folders a run asks about: all that may have changed, or the part that was asked for."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from buildhub_schema.products import PRODUCTS_BY_FOLDER

from buildhub.rules.paths import CANDIDATES_SUFFIX
from buildhub.rules.walkable_folders import branch_of, may_hold_builds
from buildhub.walk.state import BranchRow

# How long after its youngest file a branch is looked at again, by area. Repacks in other languages
# follow within hours, on a bad day within two. A version may be built again until it is released.
OPEN_FOR = {
    "releases": timedelta(days=3),
    "candidates": timedelta(days=14),
    "nightly": timedelta(days=3),
}

# How long metadata that is missing is waited for. Whatever is older will not get any: most builds
# before 2012 have none.
UNDESCRIBED_FOR = timedelta(days=30)

# A month's folder may get its last builds when the month is over, somewhere on Earth and late.
_MONTH_OPEN_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What one run is to look at.

    Attributes:
        products: as records name them.
        full: everything is asked for again and published again, whatever is known of it.
        since: look at what is younger than this day, finished or not, and at nothing older.
        versions: the only versions to look at, finished or not; nightlies have none in their
            folders, and are left out then.
    """

    products: frozenset[str]
    full: bool = False
    since: date | None = None
    versions: frozenset[str] = frozenset()

    @property
    def repeats(self) -> bool:
        """Tell whether what is done already is to be done again."""
        return self.full or self.since is not None or bool(self.versions)

    def enters(self, folder: str) -> bool:
        """Return whether this run is about anything in *folder*."""
        if not may_hold_builds(folder):
            return False
        names = folder.rstrip("/").split("/")
        if len(names) > 1 and PRODUCTS_BY_FOLDER[names[1]].name not in self.products:
            return False
        if len(names) < 3 or not (self.versions or self.since):
            return True
        if names[2] == "nightly":
            return not self.versions and not self._is_too_old(names[3:])
        return len(names) < 4 or not self.versions or self._is_asked_for(names[3])

    def is_finished(self, row: BranchRow, now: float, full_since: float) -> bool:
        """Return whether a branch that was done before may be passed by.

        Args:
            row: what is known of it.
            now: in seconds since 1970, as the next.
            full_since: when the full walk began that this one belongs to.
        """
        if self.full:
            return row.repeated >= full_since
        if self.versions:
            return False
        if self.since is not None:
            return row.newest < _seconds(self.since)
        return row.open_until <= now

    def may_have_grown(self, folder: str, now: float) -> bool:
        """Return whether a folder that is above all branches may have got new ones.

        Only the folders of years and months that are over do not.
        """
        names = folder.rstrip("/").split("/")
        if self.full or len(names) < 4 or branch_of(folder):
            return True
        return now < _seconds(_last_day(names[3:]) + _MONTH_OPEN_FOR + timedelta(days=1))

    def _is_too_old(self, dated: list[str]) -> bool:
        if self.since is None or not dated:
            return False
        return _last_day(dated) < self.since

    def _is_asked_for(self, version_folder: str) -> bool:
        version = version_folder.removesuffix(CANDIDATES_SUFFIX)
        return version in self.versions or version.partition("-funnelcake")[0] in self.versions


def open_until(branch: str, newest: float, newest_undescribed: float) -> float:
    """Return until when a branch that was done is looked at again, in seconds since 1970.

    Args:
        branch: its path.
        newest: when its youngest file was written.
        newest_undescribed: when its youngest build that is not fully described was written; 0
            without one.
    """
    area = branch.split("/")[2]
    return max(
        newest + OPEN_FOR[area].total_seconds(),
        newest_undescribed + UNDESCRIBED_FOR.total_seconds(),
    )


def _last_day(dated: list[str]) -> date:
    """Return the last day of a year, of a month, or of a dated folder in it."""
    year = int(dated[0])
    if len(dated) == 1:
        return date(year, 12, 31)
    month = int(dated[1])
    if len(dated) == 2:
        return date(year, month, monthrange(year, month)[1])
    try:
        return date.fromisoformat(dated[2][:10])
    except ValueError:
        return date(year, month, monthrange(year, month)[1])


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
