"""The page of a product: its channels and releases, the size of its installers, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.missing import MissingPage, missing_product
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.product_plots import (
    plotted_platforms,
    releases_plot,
    sizes_plot,
    sizes_table,
)
from kinto_buildhub.catalog.pages.search_requests import records_request
from kinto_buildhub.catalog.paths import version_path
from kinto_buildhub.catalog.search_state.state import BadAddress, SearchState
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.completeness import (
    Completeness,
    find_completeness,
    read_coverage,
)
from kinto_buildhub.catalog.searches.product.releases import Release
from kinto_buildhub.catalog.searches.product.report import ProductReport, report_product

_FEED_LENGTH = 50


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product that is covered; it may have no builds yet."""

    report: ProductReport
    completeness: Completeness

    template = "product.jinja2"
    status = 200

    @property
    def title(self) -> str:
        """The product."""
        return self.report.product

    @property
    def description(self) -> str:
        """How much there is of it."""
        report = self.report
        newest = f", the newest is {report.releases[0].version}" if report.releases else ""
        return (
            f"{report.total:,} builds of {report.product} on {len(report.channels)} channels; "
            f"{len(report.releases):,} releases{newest}."
        )

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        report = self.report
        return {
            "report": report,
            "releases_plot": partial(releases_plot, report.product, report.releases),
            "sizes_plot": partial(sizes_plot, report.product, report.sizes),
            "size_platforms": plotted_platforms(report.sizes),
            "sizes": sizes_table(report.sizes),
            "search_of": self._search_of,
        }

    def _search_of(self, channel: str) -> SearchState:
        """Return the search for the builds on a channel."""
        return SearchState(chosen={"product": (self.report.product,), "channel": (channel,)})

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""
        report = self.report
        return {
            "product": report.product,
            "total": report.total,
            "complete_until": self.completeness.until,
            "channels": report.channels,
            "releases": report.releases,
            "newest_releases": [
                {
                    **asdict(each.release),
                    "total": each.total,
                    "expected": each.expected,
                    "missing": each.missing,
                }
                for each in report.lacks
            ],
            "installer_sizes": [
                {**asdict(release), "size_bytes": by_platform}
                for release, by_platform in sizes_table(report.sizes)
            ],
        }

    def table(self) -> Table:
        """Return a row for each release; the newest ones have counts."""
        counted = {each.release: each for each in self.report.lacks}
        rows = []
        for release in self.report.releases:
            counts = counted.get(release)
            rows.append(
                (
                    *(self.report.product, release.version, release.channel, release.day),
                    *((counts.total, counts.expected, counts.missing) if counts else (None,) * 3),
                )
            )
        columns = ("product", "version", "channel", "day", "builds", "expected", "missing")
        return Table(columns, rows)

    def entries(self) -> Sequence[Entry]:
        """Return the newest releases as a feed."""
        return [self._entry(release) for release in self.report.releases[:_FEED_LENGTH]]

    def _entry(self, release: Release) -> Entry:
        return Entry(
            title=f"{self.report.product} {release.version}",
            updated=f"{release.day}T00:00:00Z",
            path=version_path(self.report.product, release.version),
            summary=f"Released on {release.channel}.",
        )

    def related(self) -> Mapping[str, str]:
        """Return no pages: products have no order."""
        return {}

    def requests(self) -> Sequence[ApiRequest]:
        """Return the request for the records."""
        return (_records_request(self.report.product),)


def product_page(request: Any) -> ProductPage | MissingPage:
    """Answer what there is of a product.

    Raises:
        BadAddress: there is a query string.
        SearchError: search does not answer.
    """
    product = str(request.matchdict["product"])
    for name in request.GET:
        raise BadAddress(f"There is no parameter {name!r}; this page has none.")
    coverage = read_coverage(request)
    completeness = find_completeness(coverage, [product])
    if product not in PRODUCT_NAMES:
        return missing_product(product, completeness)
    report = report_product(Catalogue(request), product, coverage)
    return ProductPage(report, replace(completeness, about=f"all channels of {product}"))


def product_question(request: Any) -> ApiRequest:
    """Return the request to the records for the same, which needs no search."""
    return _records_request(str(request.matchdict["product"]))


def _records_request(product: str) -> ApiRequest:
    return records_request(SearchState(chosen={"product": (product,)}), ())
