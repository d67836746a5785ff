"""What every client gets, however it behaves: what load balancers and robots ask for."""

import re

_EXCEPTED = re.compile(
    r"(?:/v[0-9]+)?/(?:__lbheartbeat__|__heartbeat__)/?|/robots\.txt|/\.well-known/security\.txt"
)


def is_excepted(path: str) -> bool:
    """Return whether a path is answered to every client."""
    return _EXCEPTED.fullmatch(path) is not None
