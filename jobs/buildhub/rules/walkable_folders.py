"""Which folders of the archive can hold builds: those that a walk enters.

The counterpart of :mod:`buildhub.rules.paths`, read from above: every folder on the way to a path
that is a build is entered, and hardly another one.
"""

from collections.abc import Callable

from buildhub_schema.products import PRODUCTS_BY_FOLDER

from buildhub.rules.folders import explain_folder, parse_nightly_folder
from buildhub.rules.locales import canonical_locale
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
"""Where every walk begins."""

AREAS = ("candidates", "releases", "nightly")
"""The parts of a product's folder that hold builds, in the order in which they are walked.

Candidates come first: the metadata of releases lies among them.
"""

# How many names lead to a branch, by area: pub/firefox/releases/60.0/ has four of them.
_BRANCH_DEPTH = {"releases": 4, "candidates": 4, "nightly": 6}


def may_hold_builds(folder: str) -> bool:
    """Return whether a build can lie in *folder*, or anywhere below it. Never raises.

    Args:
        folder: the decoded path, a slash at its end.
    """
    first, *names = folder.removesuffix("/").split("/")
    if f"{first}/" != ROOT or not folder.endswith("/"):
        return False
    if len(names) >= 1 and names[0] not in PRODUCTS_BY_FOLDER:
        return False
    if len(names) >= 2:
        return names[1] in _READERS and _READERS[names[1]](names[2:])
    return True


def branch_of(folder: str) -> str | None:
    """Return the branch that *folder* lies in or is, None for what lies above all branches.

    A branch is what grows, and is finished, as a whole: a version's folder, all the candidates of
    a version, a nightly's dated folder.
    """
    names = folder.rstrip("/").split("/")
    depth = _BRANCH_DEPTH.get(names[2], 0) if len(names) > 2 else 0
    return "/".join(names[:depth]) + "/" if 0 < depth <= len(names) else None


def _enters_release(names: list[str]) -> bool:
    if not names:
        return True
    version, *below = names
    if not _is(check_version, version):
        return False
    if below and "funnelcake" in version and FUNNELCAKE_PART.fullmatch(below[0]):
        below = below[1:]
    return _enters_placed(below)


def _enters_candidate(names: list[str]) -> bool:
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
    return _enters_placed(below)


def _enters_placed(names: list[str]) -> bool:
    """Judge the end that releases and candidates share: a platform, and in it a locale."""
    checks: tuple[Callable[[str], object], ...] = (parse_platform, canonical_locale)
    return len(names) <= len(checks) and all(
        _is(check, name) for check, name in zip(checks, names, strict=False)
    )


def _enters_nightly(names: list[str]) -> bool:
    # The last is a locale's: Fennec's builds in English lie one level down.
    checks: tuple[Callable[[str], object], ...] = (
        YEAR.fullmatch,
        MONTH.fullmatch,
        _is_dated,
        _is_locale_alone,
    )
    return len(names) <= len(checks) and all(
        bool(check(name)) for check, name in zip(checks, names, strict=False)
    )


def _is_dated(name: str) -> bool:
    return _is(parse_nightly_folder, name)


def _is_locale_alone(name: str) -> bool:
    """Return whether *name* is a locale's and nothing else: `mac` and `mar-tools` look like one."""
    known = _is(parse_platform, name) or explain_folder(name) is not SkipReason.UNKNOWN_FOLDER
    return _is(canonical_locale, name) and not known


def _is(check: Callable[[str], object], name: str) -> bool:
    """Return whether one of the rules takes *name*."""
    try:
        check(name)
    except NotABuild:
        return False
    return True


_READERS: dict[str, Callable[[list[str]], bool]] = {
    "releases": _enters_release,
    "candidates": _enters_candidate,
    "nightly": _enters_nightly,
}
