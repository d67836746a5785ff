"""The newest builds that a run has met, and the time of the latest event about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Pair = tuple[str, str]
"""A product and a channel, as records have them."""


@dataclass(slots=True)
class Newest:
    """The newest build of each product and channel; candidates do not count, as few are shipped.

    Attributes:
        builds: date and build ID.
        events: time of the latest event that was worked on; as texts, as records have them.
    """

    builds: dict[Pair, tuple[str, str]] = field(default_factory=dict)
    events: dict[Pair, str] = field(default_factory=dict)

    def note(self, record: Mapping[str, Any], event: str = "") -> None:
        """Note a record, and the time of the *event* that named it, if any."""
        pair = (record["source"]["product"], record["target"]["channel"])
        build = record.get("build", {})
        # A build ID without a date in it cannot be said to be young.
        newest = (build.get("date", ""), build.get("id", ""))
        is_shipped = "candidate" not in record["target"]
        if is_shipped and newest[0] and newest > self.builds.get(pair, ("", "")):
            self.builds[pair] = newest
        if event > self.events.get(pair, ""):
            self.events[pair] = event

    def include(self, other: "Newest") -> None:
        """Add what another part of the run has met."""
        for pair, newest in other.builds.items():
            self.builds[pair] = max(self.builds.get(pair, newest), newest)
        for pair, event in other.events.items():
            self.events[pair] = max(self.events.get(pair, event), event)
