"""The catalogue's client: a method a question, each answered with one request.

`questions` and `filters` make requests of arguments, `parsing` makes `values` of answers; neither
does I/O. `blocking` and `asynchronous` are the two thin drivers, with `transport` and
`async_transport` below them. `explanations` says why nothing was found.
"""

from buildhub.client.asynchronous import AsyncBuildHub
from buildhub.client.blocking import BuildHub

__all__ = ["AsyncBuildHub", "BuildHub"]
