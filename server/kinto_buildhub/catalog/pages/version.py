"""The page of one version: what exists of it on which platform, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.missing import MissingPage, missing_product, missing_version
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.search_requests import records_request
from kinto_buildhub.catalog.paths import build_path, version_path
from kinto_buildhub.catalog.search_state.state import BadAddress, SearchState
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.completeness import (
    Completeness,
    find_completeness,
    read_coverage,
)
from kinto_buildhub.catalog.searches.version_report import (
    VersionReport,
    read_builds,
    report_version,
)
from kinto_buildhub.catalog.searches.versions import Candidate, read_versions, versions_request
from kinto_buildhub.catalog.versions.expected import count_expected, group_gaps
from kinto_buildhub.catalog.versions.matrix import Row, make_matrix
from kinto_buildhub.catalog.versions.neighbours import nearest_versions
from kinto_buildhub.catalog.versions.platforms import (
    find_few_locales,
    has_all_locales_in_one,
)

_SHOW = ("all", "missing")
_MAX_LENGTH = 100
"""No version is longer; longer texts are not searched for."""


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A version.

    Attributes:
        report: everything about it.
        show: ``all`` rows of the matrix, or only those in which something is ``missing``.
    """

    report: VersionReport
    show: str
    completeness: Completeness

    template = "version.jinja2"
    status = 200

    @property
    def title(self) -> str:
        """Product and version."""
        return f"{self.report.product} {self.report.version}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The columns of the matrix."""
        return tuple(self.report.expected)

    @property
    def locales(self) -> tuple[str, ...]:
        """The locales that exist on any platform."""
        return tuple(sorted({locale for _, locale in self.report.builds.counts}))

    @property
    def description(self) -> str:
        """How much of it exists, and how much is missing."""
        gaps = len(self.report.gaps)
        return (
            f"{self.title}: {self.report.builds.total:,} builds on {len(self.platforms)} "
            f"platforms, in {len(self.locales)} locales; "
            f"{f'{gaps:,} expected ones are' if gaps else 'none is'} missing."
        )

    def rows(self) -> tuple[Row, ...]:
        """Return the matrix, all of it."""
        report = self.report
        return make_matrix(self.platforms, report.builds.counts, report.record_ids, report.gaps)

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        all_in_one = has_all_locales_in_one(self.report.product)
        few = {p: None if all_in_one else find_few_locales(p) for p in self.platforms}
        return {
            "report": self.report,
            "builds": self.report.builds,
            "platforms": self.platforms,
            "locales": self.locales,
            "rows": [row for row in self.rows() if self.show == "all" or row.has_gap],
            "gap_groups": group_gaps(self.report.gaps),
            "expected_count": sum(map(len, self.report.expected.values())),
            "counts": count_expected(self.report.expected, self.report.gaps),
            "few_locales": {platform: each.why for platform, each in few.items() if each},
            "show": self.show,
            "search_of": self._search_of,
        }

    def _search_of(self, platform: str, locale: str) -> SearchState:
        """Return the search for the builds in a cell."""
        state = _state(self.report.product, self.report.version)
        return SearchState(chosen={**state.chosen, "platform": (platform,), "locale": (locale,)})

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""
        report, builds = self.report, self.report.builds
        return {
            "product": report.product,
            "version": report.version,
            "channels": builds.channels,
            "is_candidate": builds.is_candidate,
            "released": report.release.day if report.release else None,
            "published": builds.published,
            "before": report.before,
            "after": report.after,
            "total": builds.total,
            "platforms": self.platforms,
            "locales": self.locales,
            "expected": {platform: list(each) for platform, each in report.expected.items()},
            "gaps": report.gaps,
            "builds": [
                {
                    "platform": cell.platform,
                    "locale": row.locale,
                    "count": cell.count,
                    "record": cell.record_id,
                }
                for row in self.rows()
                for cell in row.cells
                if cell.count
            ],
            "build_ids": builds.build_ids,
            "build_id_count": builds.build_id_count,
            "candidates": builds.candidates,
        }

    def table(self) -> Table:
        """Return a row for each build that exists or is missing."""
        columns = ("product", "version", "platform", "locale", "builds", "record", "expected_by")
        version = (self.report.product, self.report.version)
        rows = [
            (*version, cell.platform, row.locale, cell.count, cell.record_id, cell.authority)
            for row in self.rows()
            for cell in row.cells
            if cell.count or cell.authority
        ]
        return Table(columns, rows)

    def entries(self) -> Sequence[Entry]:
        """Return the build IDs of the version as a feed."""
        return [
            Entry(
                title=f"{self.title}, build {each.value}",
                updated=each.published,
                path=build_path(each.value),
                summary=f"{each.count:,} builds.",
            )
            for each in self.report.builds.build_ids
        ]

    def related(self) -> Mapping[str, str]:
        """Return the pages of the versions before and after."""
        found = {"prev": self.report.before, "next": self.report.after}
        return {
            name: version_path(self.report.product, each) for name, each in found.items() if each
        }

    def requests(self) -> Sequence[ApiRequest]:
        """Return the request for the records."""
        return (_records_request(self.report.product, self.report.version),)


def version_page(request: Any) -> VersionPage | MissingPage:
    """Answer what there is of a version.

    Raises:
        BadAddress: the query string says what does not exist.
        SearchError: search does not answer.
    """
    product, version = str(request.matchdict["product"]), str(request.matchdict["version"])
    show = _show(request.GET)
    coverage, catalogue = read_coverage(request), Catalogue(request)
    if product not in PRODUCT_NAMES:
        return missing_product(product, find_completeness(coverage, [product]))
    candidates: tuple[Candidate, ...] = ()
    if len(version) <= _MAX_LENGTH:
        builds = read_builds(catalogue, product, version)
        if builds.total:
            report = report_version(catalogue, product, version, builds)
            completeness = find_completeness(coverage, [product], builds.channels)
            return VersionPage(report, show, completeness)
        candidates = builds.candidates
    names = [each.version for each in candidates] or nearest_versions(
        version, read_versions(catalogue.search(versions_request(product)))
    )
    return missing_version(product, version, names, find_completeness(coverage, [product]))


def version_question(request: Any) -> ApiRequest:
    """Return the request to the records for the same, which needs no search."""
    return _records_request(str(request.matchdict["product"]), str(request.matchdict["version"]))


def _records_request(product: str, version: str) -> ApiRequest:
    return records_request(_state(product, version), ())


def _state(product: str, version: str) -> SearchState:
    return SearchState(chosen={"product": (product,), "version": (version,)})


def _show(parameters: Mapping[str, str]) -> str:
    unknown = [name for name in parameters if name != "show"]
    if unknown:
        raise BadAddress(f"There is no parameter {unknown[0]!r}; expected 'show'.")
    show = parameters.get("show", _SHOW[0])
    if show not in _SHOW:
        raise BadAddress(f"'show' is {show!r}; expected one of {', '.join(_SHOW)}.")
    return show
