"""BuildHub's jobs: they read the archive, work out records and publish them over HTTP.

``rules`` decides on plain values and knows no I/O; ``archive`` reads what Mozilla publishes;
``publish`` writes records to a server; the jobs join the three; ``command`` is the shell's door.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buildhub.client import AsyncBuildHub, BuildHub

__all__ = ["AsyncBuildHub", "BuildHub"]


def __getattr__(name: str) -> Any:
    """Import the client where it is asked for: the jobs do without."""
    if name not in __all__:
        raise AttributeError(f"module 'buildhub' has no attribute {name!r}")
    from buildhub import client

    return getattr(client, name)
