"""What a walk reports to the server about its coverage."""

from dataclasses import dataclass
from datetime import UTC, datetime

from buildhub.counts.summary import Summary
from buildhub.publish.coverage import build_claims, report_coverage
from buildhub.publish.server import Server
from buildhub.rules.coverage_claims import PAGES_LAG, Window
from buildhub.rules.walkable_folders import products_of
from buildhub.walk.scope import Scope, midnight


def find_window(scope: Scope, began: float, *, is_full: bool) -> Window | None:
    """Return the stretch of the archive's time that a walk covers.

    Args:
        scope: what the walk was asked for.
        began: when it began, in seconds since 1970.
        is_full: it is a full walk.

    Returns:
        None where it looks at some versions only: then it knows some builds, but covers no time.
    """
    if scope.versions:
        return None
    return Window(
        datetime.fromtimestamp(began, UTC) - PAGES_LAG,
        "walk",
        since=midnight(scope.since) if scope.since else None,
        in_full=is_full,
    )


@dataclass(frozen=True, slots=True)
class CoverageReporter:
    """Reports each product when it is done, so that readers of a long walk learn of it early.

    Attributes:
        server: takes the reports.
        summary: of the walk so far.
        products: that the walk is about.
        window: what the walk covers; None claims no completeness.
    """

    server: Server
    summary: Summary
    products: frozenset[str]
    window: Window | None

    async def report_products(self, folder: str) -> None:
        """Report that a *folder* with those of products was read to its end."""
        read = self.products.intersection(products_of(folder))
        windows = dict.fromkeys(read, self.window) if self.window else {}
        await report_coverage(self.server, build_claims(windows, self.summary))
