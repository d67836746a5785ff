"""Records counted by platform and locale: the cells of a version's matrix."""

from collections.abc import Iterable
from typing import Any

from kinto_buildhub.catalog.versions.expected import Locales

CellKey = tuple[str, str]
"""A platform and a locale."""

# Above what any version has: twelve platforms, a hundred locales.
_PLATFORMS, _LOCALES = 50, 300


def locales_aggregation(below: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the aggregation of records by platform and locale, with those *below* each of them."""
    locales: dict[str, Any] = {"terms": {"field": "target.locale", "size": _LOCALES}}
    if below:
        locales["aggs"] = below
    return {
        "terms": {"field": "target.platform", "size": _PLATFORMS},
        "aggs": {"locales": locales},
    }


def read_counts(aggregations: dict[str, Any]) -> dict[CellKey, int]:
    """Return the number of records by platform and locale, from `locales_aggregation`."""
    return {
        (platform["key"], locale["key"]): locale["doc_count"]
        for platform in aggregations["platforms"]["buckets"]
        for locale in platform["locales"]["buckets"]
    }


def read_record_ids(answer: dict[str, Any]) -> dict[CellKey, str]:
    """Return the record of each platform and locale that has a single one."""
    return {
        (platform["key"], locale["key"]): locale["ids"]["buckets"][0]["key"]
        for platform in answer["aggregations"]["platforms"]["buckets"]
        for locale in platform["locales"]["buckets"]
        if locale["doc_count"] == 1
    }


def by_platform(cells: Iterable[CellKey]) -> Locales:
    """Return the locales of each platform."""
    found: dict[str, set[str]] = {}
    for platform, locale in cells:
        found.setdefault(platform, set()).add(locale)
    return {platform: frozenset(locales) for platform, locales in found.items()}
