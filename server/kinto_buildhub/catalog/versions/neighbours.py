"""Versions beside a version."""

import difflib
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from buildhub_schema.versions import is_version, version_order

# Longer texts resemble no version, and comparing them takes long.
_MAX_LENGTH = 40


def newest_first(versions: Iterable[str]) -> list[str]:
    """Return versions in version order, the newest one first."""
    return sorted(versions, key=version_order, reverse=True)


def is_version_variant(version: str) -> bool:
    """Return whether a version is an experiment beside the real one: ``58.0.2-funnelcake137``."""
    return "-" in version


def neighbours(version: str, versions: Iterable[str]) -> tuple[str | None, str | None]:
    """Return the versions before and after *version*, None where there is none.

    Variants are nobody's neighbours: they have few builds, and lie beside the way.
    """
    ordered = sorted((each for each in versions if not is_version_variant(each)), key=version_order)
    order = version_order(version)
    before = [each for each in ordered if version_order(each) < order]
    after = [each for each in ordered if version_order(each) > order]
    return (before[-1] if before else None, after[0] if after else None)


def nearest_versions(version: str, versions: Sequence[str], count: int = 6) -> tuple[str, ...]:
    """Return versions that may be meant, newest first: similar ones, and those before and after.

    Args:
        version: a text that is none of *versions*. Beside one that is no version are the newest.
        versions: in any order.
        count: how many there are, at most.
    """
    ordered = sorted(versions, key=version_order)
    place = len(ordered)
    if is_version(version):
        place = bisect_left(ordered, version_order(version), key=version_order)
    similar = []
    if len(version) <= _MAX_LENGTH:
        similar = difflib.get_close_matches(version, versions, n=count // 2)
    beside = ordered[max(place - count // 2, 0) : place + count // 2]
    return tuple(newest_first(list(dict.fromkeys([*similar, *beside]))[:count]))
