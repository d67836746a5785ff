"""Findings: all are counted, and the first ones kept to be listed."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from buildhub.audit.comparable import Difference
from buildhub.audit.scope import day_of, text_of
from buildhub.rules.paths import Build

DIMENSIONS = ("product", "version", "platform", "locale", "day")
"""What findings are counted by."""

_DIMENSION_FIELDS = (
    ("source", "product"),
    ("target", "version"),
    ("target", "platform"),
    ("target", "locale"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One record that is not as it should be.

    Attributes:
        record_id: the record's.
        url: of the build; "" where it is not known.
        values: one for each of the ``DIMENSIONS``, in their order.
        differences: the fields that differ, by dotted name; empty where the whole record does.
    """

    record_id: str
    url: str
    values: tuple[str, ...]
    differences: dict[str, Difference] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it for JSON."""
        document: dict[str, Any] = {"id": self.record_id, "url": self.url}
        document |= zip(DIMENSIONS, self.values, strict=True)
        if self.differences:
            document["fields"] = {
                name: {"archive": by_archive, "catalogue": by_catalogue}
                for name, (by_archive, by_catalogue) in self.differences.items()
            }
        return document


def finding_of_build(
    build: Build, url: str, day: str, differences: dict[str, Difference] | None = None
) -> Finding:
    """Return a finding about a build that the archive has."""
    values = (build.product, build.version, build.platform, build.locale, day)
    return Finding(build.record_id, url, values, differences or {})


def finding_of_record(record: dict[str, Any]) -> Finding:
    """Return a finding about a record that the catalogue has."""
    values = (text_of(record, *path) for path in _DIMENSION_FIELDS)
    return Finding(record["id"], text_of(record, "download", "url"), (*values, day_of(record)))


def finding_of_id(record_id: str) -> Finding:
    """Return a finding about what only the index has, of which nothing but the ID is known."""
    return Finding(record_id, "", ("",) * len(DIMENSIONS))


@dataclass(slots=True)
class Findings:
    """All findings of one kind.

    Attributes:
        shown_count: the largest number of them that is kept to be listed.
        count: the number of all.
        by: the number with each value of a dimension, by dimension.
        fields: the number that differ in each field.
        shown: the first ones.
    """

    shown_count: int
    count: int = 0
    by: dict[str, Counter[str]] = field(
        default_factory=lambda: {dimension: Counter() for dimension in DIMENSIONS}
    )
    fields: Counter[str] = field(default_factory=Counter)
    shown: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count one."""
        self.count += 1
        for dimension, value in zip(DIMENSIONS, finding.values, strict=True):
            self.by[dimension][value] += 1
        self.fields.update(finding.differences.keys())
        if len(self.shown) < self.shown_count:
            self.shown.append(finding)

    def as_json(self) -> dict[str, Any]:
        """Return them for JSON; counts with the most frequent first."""
        document: dict[str, Any] = {
            "count": self.count,
            "by": {name: dict(counts.most_common()) for name, counts in self.by.items()},
            "builds": [finding.as_json() for finding in self.shown],
        }
        if self.fields:
            document["fields"] = dict(self.fields.most_common())
        return document
