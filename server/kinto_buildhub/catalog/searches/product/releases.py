"""The releases of a product, of all channels but nightlies, and the size of their installers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from buildhub_schema.coverage import VERSION_CHANNELS
from buildhub_schema.versions import version_order

from kinto_buildhub.catalog.searches.versions import IS_CANDIDATE, VERSIONS
from kinto_buildhub.catalog.versions.lists import find_release
from kinto_buildhub.catalog.versions.platforms import is_platform_variant

# Every version has builds in English, or with all languages in one, so those stand for it.
_LOCALES = ["en-US", "multi"]
_INSTALLER_LOCALE = "en-US"
_PLATFORMS = 50

_NUMBERS = re.compile(r"([0-9]{1,5})\.([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Release:
    """A version that was released.

    Attributes:
        day: of the release, by the history; else that of its build ID, or of its first file.
    """

    version: str
    channel: str
    day: date


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the installer of a release for a platform, in English."""

    release: Release
    platform: str
    size_bytes: int


def releases_request(product: str) -> dict[str, Any]:
    """Return the search for the released versions of a product."""
    return {
        "query": _released(product, {"terms": {"target.locale": _LOCALES}}),
        "size": 0,
        "aggs": {
            "versions": {
                "terms": {"field": "target.version", "size": VERSIONS},
                "aggs": {
                    "channel": {"terms": {"field": "target.channel", "size": 1}},
                    "built": {"min": {"field": "build.date"}},
                    "published": {"min": {"field": "download.date"}},
                },
            }
        },
    }


def read_releases(product: str, answer: Mapping[str, Any]) -> tuple[Release, ...]:
    """Return the releases that an answer contains, the newest one first.

    What has no date is left out: the schema of records does not allow it.
    """
    read = (_read(product, bucket) for bucket in answer["aggregations"]["versions"]["buckets"])
    found = [release for release in read if release is not None]
    return tuple(
        sorted(found, key=lambda each: (each.day, version_order(each.version)), reverse=True)
    )


def _read(product: str, bucket: Mapping[str, Any]) -> Release | None:
    version = bucket["key"]
    known = find_release(product, version)
    day = known.day if known else _day(bucket["built"]) or _day(bucket["published"])
    channels = bucket["channel"]["buckets"]
    return Release(version, channels[0]["key"], day) if day and channels else None


def _day(metric: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(metric.get("value_as_string", "")[:10])
    except ValueError:  # None, or a year that no calendar has.
        return None


def sizes_request(product: str, releases: Sequence[Release]) -> dict[str, Any]:
    """Return the search for the size of each installer of some releases, in English."""
    versions = [release.version for release in releases]
    return {
        "query": _released(
            product,
            {"term": {"target.locale": _INSTALLER_LOCALE}},
            {"terms": {"target.version": versions}},
        ),
        "size": 0,
        "aggs": {
            "versions": {
                "terms": {"field": "target.version", "size": max(1, len(versions))},
                "aggs": {
                    "platforms": {
                        "terms": {"field": "target.platform", "size": _PLATFORMS},
                        "aggs": {"size": {"max": {"field": "download.size"}}},
                    }
                },
            }
        },
    }


def read_sizes(releases: Iterable[Release], answer: Mapping[str, Any]) -> tuple[Size, ...]:
    """Return the sizes that an answer contains, oldest first, without variants of platforms."""
    buckets = {each["key"]: each for each in answer["aggregations"]["versions"]["buckets"]}
    return tuple(
        Size(release, platform["key"], int(platform["size"]["value"]))
        for release in sorted(releases, key=lambda each: each.day)
        if release.version in buckets
        for platform in buckets[release.version]["platforms"]["buckets"]
        if not is_platform_variant(platform["key"]) and platform["size"]["value"] is not None
    )


def first_of_majors(releases: Iterable[Release], channel: str) -> tuple[Release, ...]:
    """Return the first release of each major version on a channel, oldest first.

    Up to version 4, majors have two numbers: 3.5 and 3.6 were a year apart.
    """
    found: dict[tuple[int, ...], Release] = {}
    for release in sorted(releases, key=lambda each: (each.day, version_order(each.version))):
        if release.channel == channel and (major := _major(release.version)):
            found.setdefault(major, release)
    return tuple(found.values())


def _major(version: str) -> tuple[int, ...]:
    """Return the numbers of a major version; none for what is no version."""
    found = _NUMBERS.match(version)
    if found is None:
        return ()
    first, second = int(found[1]), int(found[2])
    return (first,) if first > 4 else (first, second)


def _released(product: str, *clauses: dict[str, Any]) -> dict[str, Any]:
    return {
        "bool": {
            "filter": [
                {"term": {"source.product": product}},
                {"terms": {"target.channel": list(VERSION_CHANNELS)}},
                *clauses,
            ],
            "must_not": [IS_CANDIDATE],
        }
    }
