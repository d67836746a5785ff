"""Everything about one version: what exists, what is missing, what is beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from buildhub_schema.release_history import HistoricRelease

from kinto_buildhub.catalog.searches import versions as searches
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.cells import (
    CellKey,
    by_platform,
    read_counts,
    read_record_ids,
)
from kinto_buildhub.catalog.searches.versions import Builds
from kinto_buildhub.catalog.versions.expected import (
    Expected,
    Gap,
    Version,
    expected_locales,
    find_gaps,
)
from kinto_buildhub.catalog.versions.lists import find_release, listed_locales
from kinto_buildhub.catalog.versions.neighbours import is_version_variant, neighbours


@dataclass(frozen=True, slots=True)
class VersionReport:
    """A version that has builds.

    Attributes:
        product, version: as in records.
        builds: what exists.
        record_ids: of the cells with a single record; none of them for a version with so many
            records that most cells have several.
        expected: what should exist.
        gaps: what is missing, by platform and locale.
        release: what the history knows; None for nightlies, candidates, and what is too recent.
        before, after: neighbours in version order, of the same product and channel.
    """

    product: str
    version: str
    builds: Builds
    record_ids: Mapping[CellKey, str]
    expected: Expected
    gaps: tuple[Gap, ...]
    release: HistoricRelease | None
    before: str | None
    after: str | None


def report_version(
    catalogue: Catalogue, product: str, version: str, builds: Builds
) -> VersionReport:
    """Ask for everything about a version.

    Args:
        builds: what it has; at least one.

    Raises:
        SearchError: search does not answer.
    """
    others = searches.versions_request(product, builds.channels, candidates=builds.is_candidate)
    before, after = neighbours(version, searches.read_versions(catalogue.search(others)))
    this = Version(version, by_platform(builds.counts))
    listed = listed_locales(product, version)
    needs_before = before is not None and listed is None and not is_version_variant(version)
    expected = expected_locales(
        this,
        listed=listed,
        before=_read_version(catalogue, product, before) if before and needs_before else None,
    )
    return VersionReport(
        product=product,
        version=version,
        builds=builds,
        record_ids=_record_ids(catalogue, product, version, builds),
        expected=expected,
        gaps=find_gaps(this, expected),
        release=find_release(product, version),
        before=before,
        after=after,
    )


def read_builds(catalogue: Catalogue, product: str, version: str) -> Builds:
    """Ask for what exists of a version, which may be nothing.

    Raises:
        SearchError: search does not answer.
    """
    return searches.read_builds(
        catalogue.search(searches.builds_request(product, version)),
        catalogue.search(searches.candidates_request(product, version)),
    )


def _read_version(catalogue: Catalogue, product: str, version: str) -> Version:
    answer = catalogue.search(searches.locales_request(product, version))
    return Version(version, by_platform(read_counts(answer["aggregations"])))


def _record_ids(
    catalogue: Catalogue, product: str, version: str, builds: Builds
) -> Mapping[CellKey, str]:
    if builds.total > searches.MOST_RECORDS:
        return {}
    answer = catalogue.search(searches.record_ids_request(product, version))
    return read_record_ids(answer)
