"""What may be a channel's newest build, and which of two builds is newer.

The highest version wins, and of its builds the highest build ID: while two branches live, the older
one is often built last. Nightlies of one version differ by build ID only. A build whose ID is not
known comes after the others of its version. Of equal ones, the first by record ID is meant.
"""

import re

from buildhub_schema.versions import version_order

UNSHIPPED_VERSION = "(.*rc[0-9]+|.*-.*)"
"""Matches versions such as 3.5rc2, which were staged for a release, even where they lie in its
folder, and 58.0.2-funnelcake137, which is an experiment beside 58.0.2. Means the same to Python and
in a search."""

_UNSHIPPED_VERSION = re.compile(UNSHIPPED_VERSION, re.DOTALL)


def may_be_newest(version: str, candidate: object) -> bool:
    """Return whether a build may be a channel's newest.

    Args:
        candidate: its ``target.candidate``; None if it has none.
    """
    return candidate is None and not _UNSHIPPED_VERSION.fullmatch(version)


def newness(version: str, build_id: str | None) -> tuple[str, str]:
    """Return what is greater for a newer build of a channel."""
    return version_order(version), build_id or ""
