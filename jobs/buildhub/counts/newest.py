"""The youngest builds that a run has met, and how far events have told of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Pair = tuple[str, str]
"""A product and a channel, as records have them."""


@dataclass(slots=True)
class Newest:
    """The youngest of each product and channel.

    Attributes:
        builds: date and build ID.
        events: time of the latest event that was worked on; as texts, as records have them.
    """

    builds: dict[Pair, tuple[str, str]] = field(default_factory=dict)
    events: dict[Pair, str] = field(default_factory=dict)

    def note(self, record: Mapping[str, Any], event: str = "") -> None:
        """Note a record, and the time of the *event* that told of it, where one did."""
        pair = (record["source"]["product"], record["target"]["channel"])
        build = record.get("build", {})
        # A build ID without a date in it cannot be said to be young.
        told = (build.get("date", ""), build.get("id", ""))
        if told[0] and told > self.builds.get(pair, ("", "")):
            self.builds[pair] = told
        if event > self.events.get(pair, ""):
            self.events[pair] = event

    def include(self, other: "Newest") -> None:
        """Take in what another part of the run has met."""
        for pair, told in other.builds.items():
            self.builds[pair] = max(self.builds.get(pair, told), told)
        for pair, event in other.events.items():
            self.events[pair] = max(self.events.get(pair, event), event)
