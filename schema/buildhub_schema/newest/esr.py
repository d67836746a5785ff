"""Which ESR ``esr`` and ``esr-next`` mean, while two of them overlap and otherwise.

Mozilla ships the newer one beside the older one until its third minor version: 115.2.0esr beside
102.15.0esr, and after 115.3.0esr only 115. Source: https://wiki.mozilla.org/Release_Management/ESR.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ESR, ESR_NEXT = "esr", "esr-next"

# From this minor version on, the newer ESR is the only one.
_ALONE_FROM_MINOR = 3
# The same release of both is built within some days.
_SAME_RELEASE = timedelta(days=7)
# Between planned releases; up to version 17, their numbers do not tell them from fixes.
_LONGEST_CYCLE = timedelta(weeks=10)

_VERSION = re.compile(r"(?P<major>[0-9]{1,5})\.(?P<minor>[0-9]{1,5})(?:\.[0-9]{1,5})?(?:esr)?")


@dataclass(frozen=True, slots=True)
class Esrs:
    """The versions of the ESRs, in no order.

    Attributes:
        esr: of the one that most people should have; empty if there is none.
        next: of the newer one while two overlap; else empty.
    """

    esr: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


def find_esrs(built: Mapping[str, str]) -> Esrs:
    """Return which versions are those of ``esr``, and of ``esr-next``.

    Args:
        built: when each version on the ESR channel was built, RFC 3339. What is no version, as
            records may have anything, is left out.
    """
    majors: dict[int, dict[str, date]] = {}
    for version, moment in built.items():
        if (major := esr_major(version)) is not None:
            majors.setdefault(major, {})[version] = date.fromisoformat(moment[:10])
    newest, older = (*sorted(majors, reverse=True), None, None)[:2]
    if newest is None:
        return Esrs()
    if older is not None and _overlap(majors[older], majors[newest]):
        return Esrs(tuple(majors[older]), tuple(majors[newest]))
    return Esrs(tuple(majors[newest]))


def esr_major(version: str) -> int | None:
    """Return the major version, which all versions of one ESR share; None for what is none."""
    found = _VERSION.fullmatch(version)
    return int(found["major"]) if found else None


def _overlap(older: Mapping[str, date], newer: Mapping[str, date]) -> bool:
    """Return whether the older ESR was in the last planned release of the newer one.

    Fixes between two of them do not count: 52.0.2 came alone between 45.8.0 with 52.0, and 45.9.0
    with 52.1.0.
    """
    minor = max(map(_minor, newer))
    planned = min(day for version, day in newer.items() if _minor(version) == minor)
    ended_by = max(planned - _SAME_RELEASE, max(newer.values()) - _LONGEST_CYCLE)
    return minor < _ALONE_FROM_MINOR and max(older.values()) >= ended_by


def _minor(version: str) -> int:
    return int(version.split(".")[1].removesuffix("esr"))
