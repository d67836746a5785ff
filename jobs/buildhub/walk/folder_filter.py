"""Which folders a run skips: those out of scope, finished before, or unchanged since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from buildhub.rules.walkable_folders import below_product, branch_of
from buildhub.walk.scope import Scope, last_day, midnight
from buildhub.walk.state import BranchRow, FolderRow, WalkState

# A month's folder may get its last builds when the month is over, somewhere on Earth and late.
_MONTH_OPEN_FOR = timedelta(days=3)

# A folder whose youngest file had this age when it was last requested is not being written to.
_QUIET_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class FolderFilter:
    """Decides for one run which folders to skip.

    Attributes:
        scope: what the run was asked for.
        state: what walks have finished.
        now: when the run began, in seconds since 1970.
        rereads: look at everything in scope, whatever walks have finished; with a first day,
            finished branches that are older are skipped all the same.
        full_since: when the full walk began that the run belongs to, in seconds since 1970; None
            for any other run. A full walk skips what it finished before it was interrupted.
    """

    scope: Scope
    state: WalkState
    now: float
    rereads: bool
    full_since: float | None = None

    def split(self, parent: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the paths of the folders to look at, and those of finished branches to skip.

        Args:
            parent: the folder whose page was read.
            names: of the folders in it, each with a slash at its end. Those out of scope are in
                neither list.
        """
        wanted = [parent + name for name in names if self.scope.enters(parent + name)]
        if not any(branch_of(folder) == folder for folder in wanted):
            return wanted, []
        rows = self.state.find_branches(parent)
        finished = {path for path, row in rows.items() if self.is_finished(row)}
        skipped = [folder for folder in wanted if folder in finished]
        return [folder for folder in wanted if folder not in finished], skipped

    def is_finished(self, row: BranchRow) -> bool:
        """Return whether nothing new is expected of a branch that a walk has finished."""
        if self.full_since is not None:
            return row.repeated >= self.full_since
        if row.open_until > self.now:
            return False
        if self.scope.since is not None:
            return row.newest < midnight(self.scope.since).timestamp()
        return not self.rereads

    def is_unchanged(self, folder: str, known: FolderRow) -> bool:
        """Return whether a folder that was read before need not be requested again."""
        branch = branch_of(folder)
        if branch is None:
            return not self._may_have_grown(folder)
        # The folder of a platform and locale is finished with its build. A dated folder goes on
        # getting builds, so it is requested while it is open.
        page = known.page
        return (
            not self.rereads
            and folder != branch
            and not page.folders
            and bool(page.builds)
            and page.has_full_metadata
            and known.requested_at - page.newest > _QUIET_SECONDS
        )

    def _may_have_grown(self, folder: str) -> bool:
        """Return whether a folder above all branches may have got new ones.

        Only the folders of past years and months do not.
        """
        dated = below_product(folder)[1:]
        if self.full_since is not None or not dated:
            return True
        complete = midnight(last_day(dated)) + _MONTH_OPEN_FOR + timedelta(days=1)
        return self.now < complete.timestamp()
