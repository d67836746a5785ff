"""What may be remembered as done: folders all of whose records the server has answered for."""

from collections import deque
from dataclasses import dataclass, field

from buildhub.records.derive import Derived
from buildhub.walk.scope import open_until
from buildhub.walk.state import BranchRow, Row, State


@dataclass(slots=True)
class Seen:
    """A folder that was looked at.

    Attributes:
        path: a slash at its end.
        branch: that it lies in, None above all branches.
        row: what is known of it when the server has answered; None where its page is not to be had.
        is_whole: everything in it is settled.
        is_new: the row is not what the state has already.
        folders: the folders in it that are to be looked at.
        derived: records to publish.
    """

    path: str
    branch: str | None
    row: Row | None
    is_whole: bool
    is_new: bool = False
    folders: list[str] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)


@dataclass(slots=True)
class _Branch:
    """A branch under way: how many of its folders are not done yet, and what is known so far."""

    open_count: int = 1
    is_whole: bool = True
    newest: float = 0.0
    newest_undescribed: float = 0.0


class Ledger:
    """Follows folders from the archive to the server's answer, and branches to their end.

    Args:
        state: takes what is done.
        now: when the run began, in seconds since 1970.
        repeated: the run is a full walk.
    """

    def __init__(self, state: State, now: float, *, repeated: bool) -> None:
        self._state = state
        self._now = now
        self._repeated = now if repeated else 0.0
        self._branches: dict[str, _Branch] = {}
        self._refused: set[str] = set()
        self._under_way: deque[tuple[int, Seen]] = deque()
        self._contested: list[Seen] = []
        self._sent_count = 0
        self._answered_count = 0

    @property
    def contested_count(self) -> int:
        """How many folders wait until conflicts are resolved."""
        return len(self._contested)

    def refuse(self, record_id: str) -> None:
        """Note that the server refused a record: its folder is not done."""
        self._refused.add(record_id)

    def begin(self, seen: Seen) -> None:
        """Note a folder that was looked at, before anything of it is sent."""
        if seen.branch is not None:
            branch = self._branches.setdefault(seen.branch, _Branch())
            branch.open_count += len(seen.folders)
        if not seen.derived:
            self._finish(seen)

    def send(self, seen: Seen, line_count: int) -> None:
        """Note that *line_count* lines are about to be sent; the other records are deferred."""
        self._sent_count += line_count
        if line_count < len(seen.derived):
            self._contested.append(seen)
        else:
            self._under_way.append((self._sent_count, seen))

    def acknowledge(self, line_count: int) -> None:
        """Note that the server has answered for so many further lines, in the order of sending."""
        self._answered_count += line_count
        while self._under_way and self._under_way[0][0] <= self._answered_count:
            self._finish(self._under_way.popleft()[1])

    def settle(self) -> None:
        """Note that all that was sent is answered, and that conflicts are resolved."""
        for seen in self._contested:
            self._finish(seen)
        self._contested.clear()
        self._sent_count = self._answered_count = 0
        self._refused.clear()
        self._state.commit()

    def _finish(self, seen: Seen) -> None:
        refused = any(each.build.record_id in self._refused for each in seen.derived)
        if refused:
            self._state.forget(seen.path)
        elif seen.row is None:
            self._state.doubt(seen.path)
        elif seen.is_new:
            self._state.keep(seen.path, seen.row)
        if seen.branch is not None:
            self._note(seen.branch, seen.row, seen.is_whole and not refused)

    def _note(self, path: str, row: Row | None, is_whole: bool) -> None:
        branch = self._branches[path]
        branch.open_count -= 1
        if not is_whole:
            branch.is_whole = False
            # At once: a run that is killed must not leave the branch finished.
            self._state.forget_branch(path)
        if row is not None:
            undescribed = (b for b in row.page.builds.values() if not b.has_full_metadata)
            newest_undescribed = max((b.file.modified for b in undescribed), default=0.0)
            branch.newest = max(branch.newest, row.page.newest)
            branch.newest_undescribed = max(branch.newest_undescribed, newest_undescribed)
        if branch.open_count == 0:
            del self._branches[path]
            self._close(path, branch)

    def _close(self, path: str, branch: _Branch) -> None:
        if not branch.is_whole:
            return
        # What is empty is about to be filled.
        newest = branch.newest or self._now
        until = open_until(path, newest, branch.newest_undescribed)
        self._state.keep_branch(path, BranchRow(branch.newest, until, self._repeated))
