"""What a walk tells the server of its coverage."""

from dataclasses import dataclass
from datetime import UTC, datetime

from buildhub_schema.products import PRODUCTS_BY_FOLDER

from buildhub.counts.summary import Summary
from buildhub.publish.coverage import build_claims, report_coverage
from buildhub.publish.server import Server
from buildhub.rules.coverage_claims import PAGES_LAG, Window
from buildhub.walk.scope import Narrowed


def find_window(narrowed: Narrowed, begun: float) -> Window | None:
    """Return the stretch of the archive's time that a walk looks at.

    Args:
        narrowed: what it is about.
        begun: when it began, in seconds since 1970.

    Returns:
        None where it looks at some versions only: then it knows some builds, and no time.
    """
    if narrowed.versions:
        return None
    since = narrowed.since
    return Window(
        datetime.fromtimestamp(begun, UTC) - PAGES_LAG,
        "walk",
        since=datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None,
        in_full=narrowed.full,
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Tells of each product when all of it was looked at, so that a long walk is of use early.

    Attributes:
        server: is told.
        summary: of the walk so far.
        window: what was looked at; None makes no claim to have seen everything.
    """

    server: Server
    summary: Summary
    window: Window | None

    async def report(self, folder: str) -> None:
        """Tell that all that is to be looked at in a product's *folder* was."""
        product = PRODUCTS_BY_FOLDER[folder.rstrip("/").rpartition("/")[2]].name
        windows = {product: self.window} if self.window else {}
        await report_coverage(self.server, build_claims(windows, self.summary))
