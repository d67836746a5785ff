"""Which folders of the archive may hold builds: those that a walk enters.

The counterpart of :mod:`buildhub.rules.paths`, from the root down: every folder on the path of a
build may hold builds, and few others.
"""

from collections.abc import Callable, Sequence

from buildhub_schema.products import PRODUCTS_BY_FOLDER, PRODUCTS_BY_TREE

from buildhub.rules.folders import explain_folder, parse_nightly_folder
from buildhub.rules.locales import canonical_locale
from buildhub.rules.path_templates import products_in
from buildhub.rules.paths import (
    BUILD_FOLDER,
    CANDIDATES_SUFFIX,
    FUNNELCAKE_FOLDER,
    FUNNELCAKE_PART,
    MONTH,
    YEAR,
)
from buildhub.rules.platforms import parse_platform
from buildhub.rules.skip_reasons import NotABuild, SkipReason
from buildhub.rules.versions import check_version

ROOT = "pub/"
"""Where every walk starts."""

AREAS = ("candidates", "releases", "nightly")
"""The folders of a product that hold builds, in the order of a walk.

Candidates come first, as they have the metadata of releases.
"""

# The number of names in the path of a branch from its area down: releases/60.0/ has two.
_BRANCH_DEPTH = {"releases": 2, "candidates": 2, "nightly": 4}


def may_hold_builds(folder: str) -> bool:
    """Return whether a build may be in or below *folder*. Never raises.

    Args:
        folder: the decoded path, a slash at its end.
    """
    return folder == ROOT or bool(find_products(folder))


def find_products(folder: str) -> frozenset[str]:
    """Return the products that may have builds in or below *folder*, which is below the root.

    Never raises; none for the root itself.
    """
    root, *names = folder.removesuffix("/").split("/")
    if f"{root}/" != ROOT or not folder.endswith("/") or not names:
        return frozenset()
    product = PRODUCTS_BY_FOLDER.get(names[0])
    if product is None:
        return frozenset(product.name for product in products_in((root, *names)))
    if len(names) == 1 or (names[1] in _CHECKS and _CHECKS[names[1]](names[2:])):
        return frozenset({product.name})
    return frozenset()


def area_depth(names: Sequence[str]) -> int:
    """Return the place of the area in a path: 2 in ``pub/firefox/releases/``.

    Args:
        names: in the path of anything in a product's folder, ``pub`` first.
    """
    products = PRODUCTS_BY_TREE.get(names[1], ()) if len(names) > 1 else ()
    return products[0].archive_path.count("/") if products else 2


def products_of(path: str) -> tuple[str, ...]:
    """Return the products whose folder *path* is in, or that are in it; none for ``pub/``."""
    root, tree = (*path.split("/", 2), "")[:2]
    found = PRODUCTS_BY_TREE.get(tree, ()) if f"{root}/" == ROOT else ()
    return tuple(product.name for product in found)


def below_product(path: str) -> list[str]:
    """Return the names in *path* from the area down: ``["releases", "60.0"]``."""
    names = path.removesuffix("/").split("/")
    return names[area_depth(names) :]


def branch_of(folder: str) -> str | None:
    """Return the branch that *folder* is or is in, None if it is above all branches.

    A branch is a folder that grows, and is finished, as a whole: that of a version, of all
    candidates of a version, or of a nightly.
    """
    names = folder.rstrip("/").split("/")
    above = area_depth(names)
    depth = _BRANCH_DEPTH.get(names[above], 0) if len(names) > above else 0
    return "/".join(names[: above + depth]) + "/" if 0 < depth <= len(names) - above else None


def _may_be_release(names: list[str]) -> bool:
    if not names:
        return True
    version, *below = names
    if not _is(check_version, version):
        return False
    if below and "funnelcake" in version and FUNNELCAKE_PART.fullmatch(below[0]):
        below = below[1:]
    return _may_be_platform_and_locale(below)


def _may_be_candidate(names: list[str]) -> bool:
    if not names:
        return True
    version = names[0].removesuffix(CANDIDATES_SUFFIX)
    if version == names[0] or not _is(check_version, version):
        return False
    if len(names) > 1 and not BUILD_FOLDER.fullmatch(names[1]):
        return False
    below = names[2:]
    if below and FUNNELCAKE_FOLDER.fullmatch(below[0]):
        below = below[1:]
    return _may_be_platform_and_locale(below)


def _may_be_platform_and_locale(names: list[str]) -> bool:
    """Check the end that releases and candidates share: a platform, then a locale."""
    checks: tuple[Callable[[str], object], ...] = (parse_platform, canonical_locale)
    return len(names) <= len(checks) and all(
        _is(check, name) for check, name in zip(checks, names, strict=False)
    )


def _may_be_nightly(names: list[str]) -> bool:
    # The last one is a locale: Fennec's en-US builds are one level further down.
    checks: tuple[Callable[[str], object], ...] = (
        YEAR.fullmatch,
        MONTH.fullmatch,
        _is_nightly_folder,
        _is_locale_alone,
    )
    return len(names) <= len(checks) and all(
        bool(check(name)) for check, name in zip(checks, names, strict=False)
    )


def _is_nightly_folder(name: str) -> bool:
    return _is(parse_nightly_folder, name)


def _is_locale_alone(name: str) -> bool:
    """Return whether *name* is a locale and nothing else: `mac` and `mar-tools` look like one."""
    known = _is(parse_platform, name) or explain_folder(name) is not SkipReason.UNKNOWN_FOLDER
    return _is(canonical_locale, name) and not known


def _is(check: Callable[[str], object], name: str) -> bool:
    """Return whether *check* accepts *name*."""
    try:
        check(name)
    except NotABuild:
        return False
    return True


_CHECKS: dict[str, Callable[[list[str]], bool]] = {
    "releases": _may_be_release,
    "candidates": _may_be_candidate,
    "nightly": _may_be_nightly,
}
