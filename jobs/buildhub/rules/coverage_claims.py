"""What a run may claim to have covered, and what becomes of the claims of earlier ones.

A claim is about one product and channel. It says what a run has looked at, as a stretch of the
archive's time, and what of that it could not settle. The catalogue is complete until the end of a
stretch that was settled whole and begins no later than completeness so far ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from buildhub_schema.coverage import PAIRS, coverage_id
from buildhub_schema.products import PRODUCTS

Coverage = dict[str, Any]
"""The record of one product and channel."""

# The archive's folder pages may come from a cache that is so old.
PAGES_LAG = timedelta(minutes=15)

INVENTORIES_COMPLETE_UNTIL = datetime(2023, 9, 6, tzinfo=UTC)
"""Since then builds were written elsewhere, for two weeks at first and in the end for good.

The inventories list what is in the archive's old buckets, so none of them can tell of more.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """What a run has looked at, in the archive's time.

    Attributes:
        until: all that was written before.
        by: name of the job.
        since: but for what is older than this; None means nothing is left out.
        in_full: what was believed to be finished was looked at, too.
    """

    until: datetime
    by: str
    since: datetime | None = None
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run says of one product and channel.

    Attributes:
        window: None where it has only met builds, as a job that follows events does.
        gaps: what it could not settle: ``count``, ``reasons`` and ``examples``.
        newest: date and ID of the youngest build that it has met; "" for none.
        event: time of the latest event that it has worked on; "" for none.
    """

    product: str
    channel: str
    window: Window | None = None
    gaps: dict[str, Any] = field(default_factory=lambda: {"count": 0})
    newest: tuple[str, str] = ("", "")
    event: str = ""

    @property
    def id(self) -> str:
        """ID of the record that it is about."""
        return coverage_id(self.product, self.channel)


def merge(stored: Coverage | None, claim: Claim) -> Coverage:
    """Return what is known when *claim* is added to what was *stored*.

    Claims may come late and in any order: an older one never takes the place of a newer one, and
    one that does not reach back to where completeness ends says nothing about completeness.
    """
    merged: Coverage = dict(stored or {})
    merged |= {"id": claim.id, "product": claim.product, "channel": claim.channel}
    newest = merged.get("newest_build", {})
    if claim.newest > (newest.get("date", ""), newest.get("id", "")):
        merged["newest_build"] = {"id": claim.newest[1], "date": claim.newest[0]}
    _raise(merged, "followed_until", claim.event)
    if claim.window is not None and _reaches_back(claim.window, merged):
        _add_window(merged, claim, claim.window)
    return merged


def _add_window(merged: Coverage, claim: Claim, window: Window) -> None:
    until = moment(window.until)
    # Moments are whole seconds, and two runs may begin in one: then what either settled is settled.
    is_settled_too = until == merged.get("checked_until") and (
        claim.gaps["count"] < merged.get("gaps", claim.gaps)["count"]
    )
    if _raise(merged, "checked_until", until) or is_settled_too:
        merged |= {"checked_by": window.by, "gaps": claim.gaps}
    if window.in_full:
        _raise(merged, "checked_in_full_until", until)
    if not claim.gaps["count"]:
        _raise(merged, "complete_until", until)


def _reaches_back(window: Window, merged: Coverage) -> bool:
    return window.since is None or bool(moment(window.since) <= merged.get("complete_until", ""))


def _raise(merged: Coverage, name: str, told: str) -> bool:
    """Put a moment in the place of an older one; return whether it was younger."""
    if told <= merged.get(name, ""):
        return False
    merged[name] = told
    return True


def moment(when: datetime) -> str:
    """Return a moment as coverage has it."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def inventory_products(bucket: str) -> frozenset[str]:
    """Return the products that an inventory of *bucket* lists; none where that is not known."""
    listed = (product for product in PRODUCTS if bucket.endswith(f"-{product.inventory}"))
    return frozenset(product.name for product in listed)


def inventory_window(created: datetime | None, min_age: timedelta) -> Window | None:
    """Return what an inventory that was begun at *created* can tell of.

    Args:
        created: None where the manifest does not say.
        min_age: files that were younger were left out.
    """
    if created is None:
        return None
    return Window(min(created - min_age, INVENTORIES_COMPLETE_UNTIL), "load", in_full=True)


def iter_channels(product: str) -> Iterator[str]:
    """Yield the channels of a product that there is coverage of."""
    return (channel for each, channel in PAIRS if each == product)
