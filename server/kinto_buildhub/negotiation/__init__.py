"""What a client accepts and what it sends: versions of the API, media types, the shape of errors.

`accept` reads the header ``Accept``, `media_types` has requests ask for what Kinto knows, and
`problems` answers errors as RFC 9457 has them.
"""

from typing import Any


def includeme(config: Any) -> None:
    """Negotiate with each request, those of a batch included."""
    config.include("kinto_buildhub.negotiation.media_types")
    config.include("kinto_buildhub.negotiation.problems")
