"""The rule for what is missing from a version: which builds are expected, on whose authority.

Expected are the locales of the release's own list, on every platform that the version has. Where
there is no list, a locale is expected on all platforms of a version if one of them has it, or if
the version before has it. No rule makes up a platform: nothing is known about one that is missing
as a whole.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kinto_buildhub.catalog.versions.platforms import may_have

OWN_LIST = "release's own list"

Locales = Mapping[str, frozenset[str]]
"""The locales of each platform of a version."""

Expected = Mapping[str, Mapping[str, str]]
"""The locales that each platform should have, each with the authority that says so."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it is: its name, such as ``53.0b9``, and what it has."""

    name: str
    locales: Locales


@dataclass(frozen=True, slots=True)
class Gap:
    """A build that is expected and not there.

    Attributes:
        authority: why it is expected: `OWN_LIST`, ``other platforms of 53.0b9``, or the name of the
            version before, ``53.0b8``.
    """

    platform: str
    locale: str
    authority: str


def expected_locales(
    version: Version, *, listed: Iterable[str] | None, before: Version | None
) -> Expected:
    """Return what each platform of a version should have, by platform and locale.

    Args:
        version: as it is.
        listed: the release's own list of locales; None if there is none.
        before: the version before, which counts only where there is no list.
    """
    authorities = _authorities(version, listed, before)
    return {
        platform: {
            locale: authority
            for locale, authority in authorities.items()
            if may_have(platform, locale)
        }
        for platform in sorted(version.locales)
    }


def find_gaps(version: Version, expected: Expected) -> tuple[Gap, ...]:
    """Return what is expected of a version and not there, by platform and locale."""
    return tuple(
        Gap(platform, locale, authority)
        for platform, locales in expected.items()
        for locale, authority in locales.items()
        if locale not in version.locales[platform]
    )


def count_expected(expected: Expected, gaps: Iterable[Gap]) -> list[tuple[int, int]]:
    """Return how many of the expected builds of each platform are there, and their number."""
    missing = Counter(gap.platform for gap in gaps)
    return [
        (len(locales) - missing[platform], len(locales)) for platform, locales in expected.items()
    ]


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Locales that are missing on the same platforms, on the same authority."""

    platforms: tuple[str, ...]
    locales: tuple[str, ...]
    authority: str


def group_gaps(gaps: Iterable[Gap]) -> tuple[GapGroup, ...]:
    """Return gaps in as few words as possible, those on the most platforms first."""
    platforms: dict[tuple[str, str], list[str]] = {}
    for gap in gaps:
        platforms.setdefault((gap.locale, gap.authority), []).append(gap.platform)
    locales: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (locale, authority), found in platforms.items():
        locales.setdefault((tuple(found), authority), []).append(locale)
    groups = [GapGroup(key[0], tuple(sorted(found)), key[1]) for key, found in locales.items()]
    return tuple(sorted(groups, key=lambda each: (-len(each.platforms), each.locales)))


def _authorities(
    version: Version, listed: Iterable[str] | None, before: Version | None
) -> dict[str, str]:
    """Return the expected locales, sorted, each with the nearest authority."""
    if listed is not None:
        return dict.fromkeys(sorted(listed), OWN_LIST)
    found = dict.fromkeys(_all_locales(before), before.name) if before else {}
    found |= dict.fromkeys(_all_locales(version), f"other platforms of {version.name}")
    return dict(sorted(found.items()))


def _all_locales(version: Version) -> frozenset[str]:
    return frozenset().union(*version.locales.values())
