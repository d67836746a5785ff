"""How far a walk is: a folder is done when the server has answered for all of its records."""

from collections import deque
from dataclasses import dataclass, field

from buildhub.records.derive import Derived
from buildhub.walk.branches import open_until
from buildhub.walk.state import BranchRow, FolderRow, WalkState


@dataclass(slots=True)
class FolderVisit:
    """The result of looking at a folder.

    Attributes:
        path: a slash at its end.
        branch: that it lies in; None above all branches.
        row: to be kept in the state when it is done; None where its page could not be read.
        is_whole: everything in it is settled.
        is_new: the row differs from the state's.
        folders: the folders in it to look at.
        derived: records to publish.
    """

    path: str
    branch: str | None
    row: FolderRow | None
    is_whole: bool
    is_new: bool = False
    folders: list[str] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)


@dataclass(slots=True)
class _BranchProgress:
    """A branch in progress: the number of its folders that are not done, and its dates so far."""

    open_count: int = 1
    is_whole: bool = True
    newest: float = 0.0
    newest_undescribed: float = 0.0

    def add(self, row: FolderRow) -> None:
        """Take in the dates of one of its folders."""
        self.newest = max(self.newest, row.page.newest)
        self.newest_undescribed = max(self.newest_undescribed, row.page.newest_undescribed)


class WalkProgress:
    """Follows folders from the archive to the server's acknowledgement, and branches to their end.

    Args:
        state: takes what is done.
        now: when the run began, in seconds since 1970.
        is_full: the run is a full walk.
    """

    def __init__(self, state: WalkState, now: float, *, is_full: bool) -> None:
        self._state = state
        self._now = now
        self._repeated = now if is_full else 0.0
        self._branches: dict[str, _BranchProgress] = {}
        self._refused: set[str] = set()
        self._sent: deque[tuple[int, FolderVisit]] = deque()
        self._deferred: list[FolderVisit] = []
        self._sent_count = 0
        self._acknowledged_count = 0

    @property
    def deferred_count(self) -> int:
        """The number of folders with deferred records."""
        return len(self._deferred)

    def note_visited(self, folder: FolderVisit) -> None:
        """Note a folder before any of its records is sent."""
        if folder.branch is not None:
            branch = self._branches.setdefault(folder.branch, _BranchProgress())
            branch.open_count += len(folder.folders)
        if not folder.derived:
            self._finish(folder)

    def note_sent(self, folder: FolderVisit, line_count: int) -> None:
        """Note that *line_count* records of a folder are about to be sent; others are deferred."""
        self._sent_count += line_count
        if line_count < len(folder.derived):
            self._deferred.append(folder)
        else:
            self._sent.append((self._sent_count, folder))

    def note_acknowledged(self, line_count: int) -> None:
        """Note that the server has answered for *line_count* more records, in the order sent."""
        self._acknowledged_count += line_count
        while self._sent and self._sent[0][0] <= self._acknowledged_count:
            self._finish(self._sent.popleft()[1])

    def note_refused(self, record_id: str) -> None:
        """Note that the server refused a record: its folder is not done."""
        self._refused.add(record_id)

    def note_settled(self) -> None:
        """Note that all records are acknowledged, the deferred ones too."""
        for folder in self._deferred:
            self._finish(folder)
        self._deferred.clear()
        self._sent_count = self._acknowledged_count = 0
        self._refused.clear()
        self._state.commit()

    def _finish(self, folder: FolderVisit) -> None:
        refused = any(each.build.record_id in self._refused for each in folder.derived)
        if refused:
            self._state.forget_folder(folder.path)
        elif folder.row is None:
            self._state.expire_folder(folder.path)
        elif folder.is_new:
            self._state.keep_folder(folder.path, folder.row)
        if folder.branch is not None:
            self._finish_in_branch(folder.branch, folder.row, folder.is_whole and not refused)

    def _finish_in_branch(self, path: str, row: FolderRow | None, is_whole: bool) -> None:
        branch = self._branches[path]
        branch.open_count -= 1
        if not is_whole:
            branch.is_whole = False
            # At once: a run that is killed must not leave the branch finished.
            self._state.forget_branch(path)
        if row is not None:
            branch.add(row)
        if branch.open_count == 0:
            del self._branches[path]
            self._finish_branch(path, branch)

    def _finish_branch(self, path: str, branch: _BranchProgress) -> None:
        if not branch.is_whole:
            return
        # An empty branch is about to be filled.
        newest = branch.newest or self._now
        until = open_until(path, newest, branch.newest_undescribed)
        self._state.keep_branch(path, BranchRow(branch.newest, until, self._repeated))
