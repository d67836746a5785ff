"""The system user that PostgreSQL runs as where the server runs as root, whom it refuses.

That user may not enter folders that only root may, such as ``/root``. No folder is opened for it:
where it cannot reach what it needs, its processes keep one of root's capabilities, which lets them
read and search any folder, and write nowhere that the user may not.
"""

import ctypes
import os
import pwd
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from kinto_buildhub.errors import StartError

# linux/capability.h and linux/prctl.h
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2


class SystemUser:
    """A user that has been added to the system already."""

    def __init__(self, name: str) -> None:
        self.name = name
        entry = pwd.getpwnam(name)
        self._user_id, self._group_id = entry.pw_uid, entry.pw_gid

    def own(self, folder: Path) -> None:
        """Give a folder of ours to the user, and to nobody else."""
        os.chown(folder, self._user_id, self._group_id)
        folder.chmod(0o700)

    def become(self, folders: Iterable[Path]) -> Callable[[], None]:
        """Return what a forked process calls to become the user, and still to reach *folders*.

        Args:
            folders: absolute, without symbolic links.

        Raises:
            StartError: it could not reach them.
        """
        closed = self._find_closed(folders)
        if closed and not _has_capability():
            raise StartError(
                f"PostgreSQL refuses root, so it runs as the user {self.name!r}, who "
                f"may not enter {closed}. Choose another data folder with BUILDHUB_DATA, start the "
                "server as another user than root, or with the capability CAP_DAC_READ_SEARCH."
            )
        libc = ctypes.CDLL(None, use_errno=True)  # Loaded before the fork.

        def become() -> None:
            _call(libc.prctl, _PR_SET_KEEPCAPS, int(closed is not None), 0, 0, 0)
            os.initgroups(self.name, self._group_id)
            os.setresgid(self._group_id, self._group_id, self._group_id)
            os.setresuid(self._user_id, self._user_id, self._user_id)
            if closed:
                _keep_capability(libc)

        return become

    def _find_closed(self, folders: Iterable[Path]) -> Path | None:
        """Return the first folder on the way to *folders* that the user may not enter."""
        way = dict.fromkeys(
            each for folder in folders for each in (*reversed(folder.parents), folder)
        )
        return next((folder for folder in way if not self._may_enter(folder)), None)

    def _may_enter(self, folder: Path) -> bool:
        found = folder.stat()
        needed = stat.S_IXUSR if found.st_uid == self._user_id else stat.S_IXOTH
        return bool(found.st_mode & needed)


def _has_capability() -> bool:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False  # Not Linux.
    found = re.search(r"^CapPrm:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(found and int(found[1], 16) >> _CAP_DAC_READ_SEARCH & 1)


def _keep_capability(libc: ctypes.CDLL) -> None:
    """Drop all capabilities but one, and have that one outlive the call of a program."""
    mask = 1 << _CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable, in two halves of 32 bits.
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    _call(libc.capset, header, data)
    _call(libc.prctl, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)


def _call(function: Callable[..., int], *arguments: object) -> None:
    if function(*arguments):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
