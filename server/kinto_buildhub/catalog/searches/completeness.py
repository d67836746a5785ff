"""Up to when the catalogue is complete for what a page asks for, so that nothing found means none.

The coverage is read before search is asked: an answer then has at least what is claimed for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.coverage.completeness import CollectionCoverage

Coverage = CollectionCoverage | None
"""None where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is known.

    Attributes:
        until: every build that was asked for and written to the archive until then is in the
            catalogue, RFC 3339; None where that is not known.
        not_covered: products that were asked for and that no job reads.
        covered: products that jobs read.
        about: what was asked for, as a sentence ends.
    """

    until: str | None
    not_covered: tuple[str, ...] = ()
    covered: tuple[str, ...] = PRODUCT_NAMES
    about: str = "what is asked here"

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.not_covered:
            missing, covered = ", ".join(self.not_covered), ", ".join(self.covered)
            return f"Not covered by the catalogue: {missing}. It covers {covered}."
        if self.until is None:
            return "It is not known up to when the catalogue is complete."
        day, _, time = self.until.partition("T")
        return f"The catalogue is complete up to {day} {time[:5]} UTC for {self.about}."


def read_coverage(request: Any, *, searched: bool = True) -> Coverage:
    """Return the catalogue's coverage.

    Args:
        searched: as the search index has it, which may be behind the store.
    """
    registry = request.registry
    found: Coverage = registry.buildhub_coverage.find_coverage(
        registry.buildhub_catalog_collection, searched=searched
    )
    return found


def find_completeness(
    coverage: Coverage, products: Collection[str] = (), channels: Collection[str] = ()
) -> Completeness:
    """Return up to when nothing is missing.

    Args:
        products, channels: those that are asked for; none means all.
    """
    reported = {product for product, _ in coverage.records} if coverage else set()
    covered = tuple(name for name in PRODUCT_NAMES if name in reported) or PRODUCT_NAMES
    not_covered = tuple(sorted(name for name in products if name not in covered))
    until = None
    if coverage and not not_covered:
        until = coverage.complete_until(products or None, channels or None)
    return Completeness(until, not_covered, covered)
