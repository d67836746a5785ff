"""The channels of a product: the newest build of each, and how complete it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from buildhub_schema.coverage import NIGHTLY_CHANNELS, VERSION_CHANNELS

from kinto_buildhub.catalog.searches.completeness import Coverage
from kinto_buildhub.catalog.searches.newest import newest_aggregation, read_newest, shipped
from kinto_buildhub.catalog.searches.versions import IS_CANDIDATE
from kinto_buildhub.coverage.completeness import pair_complete_until

_ORDER = {name: place for place, name in enumerate(VERSION_CHANNELS + NIGHTLY_CHANNELS)}
# More than there are.
_MOST = 50


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a product, without candidates.

    Attributes:
        total: number of records.
        build_id, version, built: of the newest build; None for what it does not say.
        complete_until: every build that was written until then is there; None if not known.
        unsettled: what the jobs could not settle at their last check, how often, by reason.
    """

    name: str
    total: int
    build_id: str | None
    version: str | None
    built: str | None
    complete_until: str | None
    unsettled: Mapping[str, int]


def channels_request(product: str) -> dict[str, Any]:
    """Return the search for the channels, each with its newest build."""
    newest = newest_aggregation(["build.id", "build.date", "target.version"])
    return {
        "query": {
            "bool": {
                "filter": [{"term": {"source.product": product}}],
                "must_not": [IS_CANDIDATE],
            }
        },
        "size": 0,
        "track_total_hits": True,
        "aggs": {
            "channels": {
                "terms": {"field": "target.channel", "size": _MOST},
                "aggs": {"shipped": {"filter": shipped(), "aggs": {"newest": newest}}},
            }
        },
    }


def read_channels(
    product: str, answer: Mapping[str, Any], coverage: Coverage
) -> tuple[Channel, ...]:
    """Return the channels that an answer contains: those of versions first, then nightlies."""
    buckets = {each["key"]: each for each in answer["aggregations"]["channels"]["buckets"]}
    found = [_read(bucket, _report(coverage, product, name)) for name, bucket in buckets.items()]
    return tuple(sorted(found, key=lambda each: (_ORDER.get(each.name, len(_ORDER)), each.name)))


def _read(bucket: Mapping[str, Any], report: dict[str, Any] | None) -> Channel:
    record = read_newest(bucket["shipped"]["newest"])
    return Channel(
        name=bucket["key"],
        total=bucket["doc_count"],
        build_id=_text(record, "build", "id"),
        version=_text(record, "target", "version"),
        built=_text(record, "build", "date"),
        complete_until=pair_complete_until(report) if report else None,
        unsettled=report.get("gaps", {}).get("reasons", {}) if report else {},
    )


def _text(record: Mapping[str, Any], group: str, leaf: str) -> str | None:
    """Return a value; None for what is missing, or is no text, as where there is no schema."""
    values = record.get(group)
    value = values.get(leaf) if isinstance(values, Mapping) else None
    return value if isinstance(value, str) else None


def _report(coverage: Coverage, product: str, channel: str) -> dict[str, Any] | None:
    return coverage.records.get((product, channel)) if coverage else None
