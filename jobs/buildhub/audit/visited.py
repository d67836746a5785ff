"""What of the archive's folders was looked at: builds may hide in all others."""

from buildhub_schema.products import PRODUCTS_BY_FOLDER

from buildhub.rules.paths import CANDIDATES_SUFFIX
from buildhub.rules.walkable_folders import AREAS, branch_of
from buildhub.walk.scope import Scope, plain_version

Unit = tuple[str, ...]
"""Folders whose builds may take one record ID: a month of nightlies, or all folders of a version.

As ``("firefox", "nightly", "2018", "03")`` or ``("firefox", "versions", "58.0")``; a shorter one
holds all units that begin so.
"""

_NIGHTLY, _VERSIONS = "nightly", "versions"


class Seen:
    """Folders that an audit looks at, those that it passes by, and those it could not see.

    Args:
        scope: what the audit is about.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._passed_by: set[str] = set()
        self._unseen: set[Unit] = set()

    def pass_by(self, branch: str) -> None:
        """Note a branch that is not looked at."""
        self._passed_by.add(branch)

    def miss(self, folder: str) -> None:
        """Note a folder whose page could not be had, or told nothing."""
        self._unseen.add(unit_of(folder))

    def looks_at(self, folder: str) -> bool:
        """Return whether *folder* is one that the audit looks at."""
        return self._scope.enters(folder) and branch_of(folder) not in self._passed_by

    def may_hide(self, path: str) -> bool:
        """Return whether the build at *path*, or one with the same ID, may be where nobody saw."""
        unit = unit_of(path)
        return any(unit[:depth] in self._unseen for depth in range(len(unit) + 1))

    def may_hide_any_of(self, product: str) -> bool:
        """Return whether any build of a product may be where nobody saw."""
        if self._scope.versions or self._scope.since:
            return True
        return any(unit[:1] in ((), (product,)) for unit in self._unseen)


def unit_of(path: str) -> Unit:
    """Return the unit that a folder or file lies in, as far as its path tells."""
    names = path.split("/")[1:-1]
    if not names or names[0] not in PRODUCTS_BY_FOLDER:
        return ()
    product, *inside = PRODUCTS_BY_FOLDER[names[0]].name, *names[1:]
    if not inside or inside[0] not in AREAS:
        return (product,)
    if inside[0] == _NIGHTLY:
        return (product, *inside[:3])
    versions = (plain_version(name.removesuffix(CANDIDATES_SUFFIX)) for name in inside[1:2])
    return (product, _VERSIONS, *versions)
