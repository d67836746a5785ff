"""What a run may claim to have covered, and how that changes the coverage of earlier runs.

A claim is about one product and channel. It says which period of the archive a run has checked, and
what it could not settle in it. The catalogue is complete until the end of a period without gaps
that starts no later than the previous ``complete_until``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from buildhub_schema.coverage import PAIRS, coverage_id
from buildhub_schema.products import PRODUCTS

Coverage = dict[str, Any]
"""The record of one product and channel."""

# The maximum age of the archive's folder pages, which come from a cache.
PAGES_LAG = timedelta(minutes=15)

INVENTORIES_COMPLETE_UNTIL = datetime(2023, 9, 6, tzinfo=UTC)
"""Since then builds are written to other buckets: for two weeks at first, later for good.

The inventories list the old buckets only, so no inventory covers more.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """The period of the archive that a run has checked.

    Attributes:
        until: end of the period: the run has checked everything written before.
        by: name of the job.
        since: start of the period; None means the beginning of the archive.
        in_full: whether folders that were considered finished were checked too.
    """

    until: datetime
    by: str
    since: datetime | None = None
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run claims about one product and channel.

    Attributes:
        window: None for a job that checks no whole period, such as one that follows events.
        gaps: what it could not settle: ``count``, ``reasons`` and ``examples``.
        newest: date and ID of the newest build that it has found; "" for none.
        event: time of the latest event that it has processed; "" for none.
    """

    product: str
    channel: str
    window: Window | None = None
    gaps: dict[str, Any] = field(default_factory=lambda: {"count": 0})
    newest: tuple[str, str] = ("", "")
    event: str = ""

    @property
    def id(self) -> str:
        """ID of the coverage record."""
        return coverage_id(self.product, self.channel)


def merge(stored: Coverage | None, claim: Claim) -> Coverage:
    """Return the *stored* coverage updated by *claim*.

    Claims may arrive late and in any order: an older one never replaces a newer one, and one that
    starts after ``complete_until`` does not change it.
    """
    merged: Coverage = dict(stored or {})
    merged |= {"id": claim.id, "product": claim.product, "channel": claim.channel}
    newest = merged.get("newest_build", {})
    if claim.newest > (newest.get("date", ""), newest.get("id", "")):
        merged["newest_build"] = {"id": claim.newest[1], "date": claim.newest[0]}
    _advance(merged, "followed_until", claim.event)
    if claim.window is not None and _reaches_back(claim.window, merged):
        _add_window(merged, claim, claim.window)
    return merged


def _add_window(merged: Coverage, claim: Claim, window: Window) -> None:
    until = moment(window.until)
    # Moments are whole seconds, and two runs may start in the same one: the better one counts.
    is_settled_too = until == merged.get("checked_until") and (
        claim.gaps["count"] < merged.get("gaps", claim.gaps)["count"]
    )
    if _advance(merged, "checked_until", until) or is_settled_too:
        merged |= {"checked_by": window.by, "gaps": claim.gaps}
    if window.in_full:
        _advance(merged, "checked_in_full_until", until)
    if not claim.gaps["count"]:
        _advance(merged, "complete_until", until)


def _reaches_back(window: Window, merged: Coverage) -> bool:
    return window.since is None or bool(moment(window.since) <= merged.get("complete_until", ""))


def _advance(merged: Coverage, name: str, moment: str) -> bool:
    """Replace a moment by a newer one; return whether it was newer."""
    if moment <= merged.get(name, ""):
        return False
    merged[name] = moment
    return True


def moment(when: datetime) -> str:
    """Return a moment as coverage records spell it."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def inventory_products(bucket: str) -> frozenset[str]:
    """Return the products in an inventory of *bucket*; none if the bucket is unknown."""
    listed = (product for product in PRODUCTS if bucket.endswith(f"-{product.inventory}"))
    return frozenset(product.name for product in listed)


def inventory_window(created: datetime | None, min_age: timedelta) -> Window | None:
    """Return the period that an inventory covers.

    Args:
        created: when the store began to write it; None if the manifest does not say.
        min_age: newer files were skipped.
    """
    if created is None:
        return None
    return Window(min(created - min_age, INVENTORIES_COMPLETE_UNTIL), "load", in_full=True)


def iter_channels(product: str) -> Iterator[str]:
    """Yield the channels of a product that have coverage."""
    return (channel for each, channel in PAIRS if each == product)
