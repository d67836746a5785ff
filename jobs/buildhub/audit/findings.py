"""What an audit finds: counted, and shown as far as somebody would read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from buildhub.audit.comparable import Difference
from buildhub.audit.scope import day_of, text_of
from buildhub.rules.paths import Build

DIMENSIONS = ("product", "version", "platform", "locale", "day")
"""What findings are counted by."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One record that is not as it should be.

    Attributes:
        record_id: the record's.
        url: of the build.
        places: a value of each of the ``DIMENSIONS``, in their order.
        fields: those that differ, by dotted name; empty where the whole record does.
    """

    record_id: str
    url: str
    places: tuple[str, ...]
    fields: dict[str, Difference] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it for JSON."""
        document: dict[str, Any] = {"id": self.record_id, "url": self.url}
        document |= zip(DIMENSIONS, self.places, strict=True)
        if self.fields:
            document["fields"] = {
                name: {"archive": ours, "catalogue": theirs}
                for name, (ours, theirs) in self.fields.items()
            }
        return document


def of_build(
    build: Build, url: str, day: str, fields: dict[str, Difference] | None = None
) -> Finding:
    """Return a finding about a build that the archive has."""
    places = (build.product, build.version, build.platform, build.locale, day)
    return Finding(build.record_id, url, places, fields or {})


def of_record(record: dict[str, Any]) -> Finding:
    """Return a finding about a record that the catalogue has."""
    told = (("source", "product"), ("target", "version"), ("target", "platform"))
    places = tuple(text_of(record, *place) for place in (*told, ("target", "locale")))
    return Finding(record["id"], text_of(record, "download", "url"), (*places, day_of(record)))


@dataclass(slots=True)
class Findings:
    """All findings of one kind.

    Attributes:
        limit: how many are kept to be shown; all are counted.
        count: how many there are.
        by: how many have each value of a dimension, by dimension.
        fields: how many differ in each field.
        shown: the first ones.
    """

    limit: int
    count: int = 0
    by: dict[str, Counter[str]] = field(
        default_factory=lambda: {dimension: Counter() for dimension in DIMENSIONS}
    )
    fields: Counter[str] = field(default_factory=Counter)
    shown: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count one."""
        self.count += 1
        for dimension, value in zip(DIMENSIONS, finding.places, strict=True):
            self.by[dimension][value] += 1
        self.fields.update(finding.fields.keys())
        if len(self.shown) < self.limit:
            self.shown.append(finding)

    def document(self) -> dict[str, Any]:
        """Return them for JSON; counts with the most frequent first."""
        document: dict[str, Any] = {
            "count": self.count,
            "by": {name: dict(counts.most_common()) for name, counts in self.by.items()},
            "builds": [finding.document() for finding in self.shown],
        }
        if self.fields:
            document["fields"] = dict(self.fields.most_common())
        return document
