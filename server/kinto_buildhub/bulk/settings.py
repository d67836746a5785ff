"""The settings of the bulk endpoint, as its modules use them."""

from dataclasses import dataclass
from typing import Self

from kinto_buildhub.settings import Values


@dataclass(frozen=True, slots=True)
class BulkSettings:
    """The settings of the bulk endpoint."""

    max_request_bytes: int
    max_line_bytes: int
    max_lines: int
    timeout_seconds: float
    batch_size: int
    batch_bytes: int

    @classmethod
    def from_values(cls, values: Values) -> Self:
        """Pick them from the values of all settings."""
        return cls(
            max_request_bytes=values["bulk.max_request_bytes"],
            max_line_bytes=values["bulk.max_line_bytes"],
            max_lines=values["bulk.max_lines"],
            timeout_seconds=values["bulk.timeout_seconds"],
            batch_size=values["bulk.batch_size"],
            batch_bytes=values["bulk.batch_bytes"],
        )
