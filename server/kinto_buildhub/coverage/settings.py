"""The settings of coverage, as its modules use them."""

from dataclasses import dataclass
from typing import Self

from kinto_buildhub.settings import Values


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """The settings of coverage.

    Attributes:
        max_age_hours: how long ago a catalogue may have been complete; None switches the
            heartbeat's check off.
        collections: those that the heartbeat checks, as bucket and collection.
    """

    max_age_hours: float | None
    collections: tuple[tuple[str, str], ...]

    @classmethod
    def from_values(cls, values: Values) -> Self:
        """Pick them from the values of all settings."""
        return cls(
            max_age_hours=values["buildhub.coverage_max_age_hours"],
            collections=values["buildhub.coverage_collections"],
        )
