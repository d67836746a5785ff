"""Everything about one product."""

from collections.abc import Sequence
from dataclasses import dataclass

from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.completeness import Coverage
from kinto_buildhub.catalog.searches.product.channels import (
    Channel,
    channels_request,
    read_channels,
)
from kinto_buildhub.catalog.searches.product.lacks import (
    Lack,
    lacks_request,
    read_lacks,
    versions_before,
)
from kinto_buildhub.catalog.searches.product.releases import (
    Release,
    Size,
    first_of_majors,
    read_releases,
    read_sizes,
    releases_request,
    sizes_request,
)

# Each has some 700 builds, which are counted.
NEWEST = 10
# The channel whose installers are compared over time: the first of these that a product has.
_SIZE_CHANNELS = ("release", "aurora", "beta", "esr")


@dataclass(frozen=True, slots=True)
class ProductReport:
    """A product.

    Attributes:
        total: number of records, without candidates.
        channels: those of versions first, then nightlies.
        releases: all versions but nightlies, the newest one first.
        lacks: what the newest of them lack.
        sizes: of the installers of each first release of a major version, oldest first.
    """

    product: str
    total: int
    channels: tuple[Channel, ...]
    releases: tuple[Release, ...]
    lacks: tuple[Lack, ...]
    sizes: tuple[Size, ...]


def report_product(catalogue: Catalogue, product: str, coverage: Coverage) -> ProductReport:
    """Ask for everything about a product, in four searches.

    Raises:
        SearchError: search does not answer.
    """
    answer = catalogue.search(channels_request(product))
    releases = read_releases(product, catalogue.search(releases_request(product)))
    return ProductReport(
        product=product,
        total=answer["hits"]["total"]["value"],
        channels=read_channels(product, answer, coverage),
        releases=releases,
        lacks=_find_lacks(catalogue, product, releases),
        sizes=_find_sizes(catalogue, product, releases),
    )


def _find_lacks(
    catalogue: Catalogue, product: str, releases: Sequence[Release]
) -> tuple[Lack, ...]:
    newest = releases[:NEWEST]
    if not newest:
        return ()
    before = versions_before(product, releases, NEWEST)
    versions = dict.fromkeys([*(each.version for each in newest), *before.values()])
    answer = catalogue.search(lacks_request(product, list(versions)))
    return read_lacks(product, newest, before, answer)


def _find_sizes(
    catalogue: Catalogue, product: str, releases: Sequence[Release]
) -> tuple[Size, ...]:
    channels = {release.channel for release in releases}
    channel = next((name for name in _SIZE_CHANNELS if name in channels), None)
    if channel is None:
        return ()
    majors = first_of_majors(releases, channel)
    return read_sizes(majors, catalogue.search(sizes_request(product, majors)))
