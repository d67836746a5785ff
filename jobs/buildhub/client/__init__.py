"""The catalogue's client: a method a question, each answered with one request.

`questions` and `filters` make requests of arguments, `parsing` makes `values` of answers; neither
does I/O. `blocking` and `asynchronous` are the two thin drivers, with `transport` and
`async_transport` below them. `explanations` says why nothing was found.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buildhub.client.asynchronous import AsyncBuildHub
    from buildhub.client.blocking import BuildHub

__all__ = ["AsyncBuildHub", "BuildHub"]


def __getattr__(name: str) -> Any:
    """Import a driver where it is asked for: aiohttp takes longer to load than all else."""
    if name == "BuildHub":
        from buildhub.client.blocking import BuildHub

        return BuildHub
    if name == "AsyncBuildHub":
        from buildhub.client.asynchronous import AsyncBuildHub

        return AsyncBuildHub
    raise AttributeError(f"module 'buildhub.client' has no attribute {name!r}")
