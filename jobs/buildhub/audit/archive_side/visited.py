"""Which of the archive's folders an audit has visited: all others may contain further builds."""

from buildhub.rules.paths import CANDIDATES_SUFFIX
from buildhub.rules.walkable_folders import AREAS, below_product, branch_of, products_of
from buildhub.walk.scope import Scope, plain_version

Unit = tuple[str, ...]
"""Folders whose builds may take one record ID: a month of nightlies, or all folders of a version.

Such as ``("firefox", "nightly", "2018", "03")`` or ``("firefox", "versions", "58.0")``. A shorter
one contains all units that begin with it. Products that share a folder share its units:
``("focus klar",)``.
"""

_NIGHTLY, _VERSIONS = "nightly", "versions"


class VisitedFolders:
    """Folders that an audit visits, those that it skips, and those that it could not read.

    Args:
        scope: of the audit.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._skipped_branches: set[str] = set()
        self._unread: set[Unit] = set()

    def note_skipped(self, branch: str) -> None:
        """Note a finished branch that is not visited."""
        self._skipped_branches.add(branch)

    def note_unread(self, folder: str) -> None:
        """Note a folder whose page could not be read, or was empty."""
        self._unread.add(unit_of(folder))

    def includes(self, folder: str) -> bool:
        """Return whether the audit visits *folder*."""
        return self._scope.enters(folder) and branch_of(folder) not in self._skipped_branches

    def may_lack(self, path: str) -> bool:
        """Return whether the build at *path*, or one with its ID, may be in an unread folder."""
        unit = unit_of(path)
        return any(unit[:depth] in self._unread for depth in range(len(unit) + 1))

    def may_lack_any_of(self, product: str) -> bool:
        """Return whether any build of a product may be in a folder that was not read."""
        if self._scope.versions or self._scope.since:
            return True
        return any(not unit or product in unit[0].split() for unit in self._unread)


def unit_of(path: str) -> Unit:
    """Return the unit of a folder or file, as far as its path determines it."""
    products = products_of(path.rpartition("/")[0])
    if not products:
        return ()
    product, inside = " ".join(products), below_product(path.rpartition("/")[0])
    if not inside or inside[0] not in AREAS:
        return (product,)
    if inside[0] == _NIGHTLY:
        return (product, *inside[:3])
    versions = (plain_version(name.removesuffix(CANDIDATES_SUFFIX)) for name in inside[1:2])
    return (product, _VERSIONS, *versions)
