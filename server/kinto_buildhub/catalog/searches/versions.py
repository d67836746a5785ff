"""Searches about one version: its platforms and locales, its candidates, its neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from buildhub_schema.versions import version_order

from kinto_buildhub.catalog.search_state.clauses import all_of, equals, equals_any, exists
from kinto_buildhub.catalog.search_state.terms import Clause
from kinto_buildhub.catalog.searches.cells import CellKey, locales_aggregation, read_counts

# Bounds on answers, above what any version has: two hundred nightlies, fourteen candidates. The
# archive has 2,400 versions.
_BUILD_IDS, _CANDIDATES = 500, 100
VERSIONS = 10_000

# Above this, a version has several builds in a cell, and a cell leads to a search instead.
MOST_RECORDS = 2_000

IS_CANDIDATE = exists("target.candidate")


@dataclass(frozen=True, slots=True)
class BuildId:
    """A build ID of a version.

    Attributes:
        count: number of its records.
        published: when the first of its files was written, RFC 3339.
    """

    value: str
    count: int
    published: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate of a version: its version in records (``53.0rc2``) and the number of records."""

    version: str
    count: int


@dataclass(frozen=True, slots=True)
class Builds:
    """What a version has.

    Attributes:
        total: number of records.
        counts: number of records by platform and locale.
        channels: most builds first.
        build_ids: the newest first.
        build_id_count: how many there are, also beyond those.
        published: when the first of its files was written, RFC 3339; None without any.
        is_candidate: it is itself one that was staged for a release.
        candidates: those that were staged for it, in order.
    """

    total: int
    counts: Mapping[CellKey, int]
    channels: tuple[str, ...]
    build_ids: tuple[BuildId, ...]
    build_id_count: int
    published: str | None
    is_candidate: bool
    candidates: tuple[Candidate, ...]


def version_query(product: str, version: str) -> Clause:
    """Return the query that matches the records of a version, without those of its candidates."""
    return all_of([equals("source.product", product), equals("target.version", version)])


def builds_request(product: str, version: str) -> dict[str, Any]:
    """Return the search for what a version has."""
    return {
        "query": version_query(product, version),
        "size": 0,
        "track_total_hits": True,
        "aggs": {
            "platforms": locales_aggregation(),
            "channels": {"terms": {"field": "target.channel", "size": 50}},
            "build_ids": {
                "terms": {"field": "build.id", "size": _BUILD_IDS, "order": {"_key": "desc"}},
                "aggs": {"published": {"min": {"field": "download.date"}}},
            },
            "build_id_count": {"cardinality": {"field": "build.id"}},
            "is_candidate": {"filter": IS_CANDIDATE},
            "published": {"min": {"field": "download.date"}},
        },
    }


def locales_request(product: str, version: str) -> dict[str, Any]:
    """Return the search for the platforms and locales of a version, and nothing else."""
    return {
        "query": version_query(product, version),
        "size": 0,
        "aggs": {"platforms": locales_aggregation()},
    }


def candidates_request(product: str, version: str) -> dict[str, Any]:
    """Return the search for the candidates of a version, which have versions of their own."""
    return {
        "query": all_of(
            [
                equals("source.product", product),
                {"prefix": {"target.version": f"{version}rc"}},
                IS_CANDIDATE,
            ]
        ),
        "size": 0,
        "aggs": {"versions": {"terms": {"field": "target.version", "size": _CANDIDATES}}},
    }


def record_ids_request(product: str, version: str) -> dict[str, Any]:
    """Return the search for the IDs of the records, where there is about one in each cell.

    An aggregation, as a thousand records would be read and parsed for three values of each.
    """
    ids = {"ids": {"terms": {"field": "id", "size": 1}}}
    return {
        "query": version_query(product, version),
        "size": 0,
        "aggs": {"platforms": locales_aggregation(ids)},
    }


def versions_request(
    product: str, channels: Sequence[str] = (), *, candidates: bool = False
) -> dict[str, Any]:
    """Return the search for the versions of a product.

    Args:
        product: as in records.
        channels: only these; empty means all.
        candidates: those of candidates, instead of all others.
    """
    wanted = [equals("source.product", product)]
    if channels:
        wanted.append(equals_any("target.channel", channels))
    occurrence = "filter" if candidates else "must_not"
    return {
        "query": {"bool": {"must": [all_of(wanted)], occurrence: [IS_CANDIDATE]}},
        "size": 0,
        "aggs": {"versions": {"terms": {"field": "target.version", "size": VERSIONS}}},
    }


def read_builds(answer: dict[str, Any], candidates: dict[str, Any]) -> Builds:
    """Return what answers to `builds_request` and `candidates_request` say."""
    found = answer["aggregations"]
    return Builds(
        total=answer["hits"]["total"]["value"],
        counts=read_counts(found),
        channels=tuple(each["key"] for each in found["channels"]["buckets"]),
        build_ids=tuple(
            BuildId(each["key"], each["doc_count"], read_moment(each["published"]) or "")
            for each in found["build_ids"]["buckets"]
        ),
        build_id_count=found["build_id_count"]["value"],
        published=read_moment(found["published"]),
        is_candidate=found["is_candidate"]["doc_count"] > 0,
        candidates=tuple(
            Candidate(each["key"], each["doc_count"])
            for each in sorted(
                candidates["aggregations"]["versions"]["buckets"],
                key=lambda each: version_order(each["key"]),
            )
        ),
    )


def read_versions(answer: dict[str, Any]) -> list[str]:
    """Return the versions that an answer to `versions_request` contains, in no order."""
    return [each["key"] for each in answer["aggregations"]["versions"]["buckets"]]


def read_moment(metric: dict[str, Any]) -> str | None:
    """Return the moment of a metric over dates, as records have it; None if it has no values."""
    moment: str | None = metric.get("value_as_string")
    return moment and moment.replace(".000Z", "Z")
