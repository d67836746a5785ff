"""What the newest versions of a product lack, counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.catalog.searches.cells import by_platform, locales_aggregation, read_counts
from kinto_buildhub.catalog.searches.product.releases import Release
from kinto_buildhub.catalog.searches.versions import IS_CANDIDATE
from kinto_buildhub.catalog.versions.expected import Version, expected_locales, find_gaps
from kinto_buildhub.catalog.versions.lists import listed_locales
from kinto_buildhub.catalog.versions.neighbours import is_version_variant, neighbours


@dataclass(frozen=True, slots=True)
class Lack:
    """What a release has, and what of the expected it lacks.

    Attributes:
        total: number of records.
        expected, missing: number of builds.
    """

    release: Release
    total: int
    expected: int
    missing: int


def versions_before(product: str, releases: Sequence[Release], count: int) -> dict[str, str]:
    """Return the version before each of the first *count* releases that needs it to be judged."""
    found = {}
    for release in releases[:count]:
        is_listed = listed_locales(product, release.version) is not None
        if not is_listed and not is_version_variant(release.version):
            others = [each.version for each in releases if each.channel == release.channel]
            before, _ = neighbours(release.version, others)
            if before is not None:
                found[release.version] = before
    return found


def lacks_request(product: str, versions: Sequence[str]) -> dict[str, Any]:
    """Return the search for the platforms and locales of several versions."""
    return {
        "query": {
            "bool": {
                "filter": [
                    {"term": {"source.product": product}},
                    {"terms": {"target.version": list(versions)}},
                ],
                "must_not": [IS_CANDIDATE],
            }
        },
        "size": 0,
        "aggs": {
            "versions": {
                "terms": {"field": "target.version", "size": max(1, len(versions))},
                "aggs": {"platforms": locales_aggregation()},
            }
        },
    }


def read_lacks(
    product: str,
    releases: Sequence[Release],
    before: Mapping[str, str],
    answer: Mapping[str, Any],
) -> tuple[Lack, ...]:
    """Return what each of some releases has and lacks.

    Args:
        before: from `versions_before`.
        answer: to `lacks_request`, for the releases and the versions before them.
    """
    buckets = {each["key"]: each for each in answer["aggregations"]["versions"]["buckets"]}
    there = {
        name: Version(name, by_platform(read_counts(bucket))) for name, bucket in buckets.items()
    }
    found = []
    for release in releases:
        this = there[release.version]
        expected = expected_locales(
            this,
            listed=listed_locales(product, release.version),
            before=there.get(before.get(release.version, "")),
        )
        total, gaps = buckets[release.version]["doc_count"], find_gaps(this, expected)
        found.append(Lack(release, total, sum(map(len, expected.values())), len(gaps)))
    return tuple(found)
