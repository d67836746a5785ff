"""The headers ``RateLimit`` and ``RateLimit-Policy``, from draft-ietf-httpapi-ratelimit-headers-10.

``RateLimit-Policy: "address";q=600;w=60`` is a quota of 600 requests in a window of 60 seconds;
``RateLimit: "address";r=12;t=34`` says that 12 remain, for 34 seconds.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from kinto_buildhub.anonymous.responses import KeptResponse
from kinto_buildhub.execution import Headers

_EXPOSED = "Access-Control-Expose-Headers"
_NAMES = "RateLimit, RateLimit-Policy"  # Kinto exposes `Retry-After`.


class Usage(NamedTuple):
    """What a client has used of one limit.

    Attributes:
        policy: whom the limit is for: ``address`` or ``credential``.
        quota: the number of requests in a window.
        used: the number of requests in this window, refused ones included.
        reset_seconds: until the window ends.
    """

    policy: str
    quota: int
    window_seconds: int
    used: int
    reset_seconds: float

    @property
    def is_exceeded(self) -> bool:
        """Whether the request is one too many."""
        return self.used > self.quota

    @property
    def remaining(self) -> int:
        """The number of requests that are left."""
        return max(0, self.quota - self.used)


def retry_after_seconds(usage: Usage) -> int:
    """Return when the window is over, in whole seconds from 1."""
    return max(1, math.ceil(usage.reset_seconds))


def render_headers(usages: Sequence[Usage]) -> Headers:
    """Return the two headers; none for no limits."""
    if not usages:
        return []
    policies = (f'"{each.policy}";q={each.quota};w={each.window_seconds}' for each in usages)
    states = (
        f'"{each.policy}";r={each.remaining};t={retry_after_seconds(each)}' for each in usages
    )
    return [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states))]


def add_headers(response: Any, usages: Sequence[Usage]) -> Any:
    """Return *response*, kept or Pyramid's, with the headers, which other origins may read."""
    if not usages:
        return response
    headers = [*_exposing(response), *render_headers(usages)]
    if isinstance(response, KeptResponse):
        return response._replace(headers=headers)
    response.headerlist = headers
    return response


def _exposing(response: Any) -> Headers:
    is_kept = isinstance(response, KeptResponse)
    found: Headers = response.headers if is_kept else response.headerlist
    return [(name, f"{value}, {_NAMES}" if name == _EXPOSED else value) for name, value in found]
