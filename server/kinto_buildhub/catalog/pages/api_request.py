"""What programs ask the API for to get the records of a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request below the catalogue's collection.

    Attributes:
        endpoint: ``records``, ``records/ID`` or ``_search``.
        parameters: of the query string; no name is there twice.
        body: what is sent, as JSON; None for a request without a body.
        left_out: words of the question that the request cannot express.
    """

    endpoint: str
    parameters: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    left_out: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address, from the collection's."""
        query = urlencode(self.parameters)
        return f"{self.endpoint}?{query}" if query else self.endpoint
