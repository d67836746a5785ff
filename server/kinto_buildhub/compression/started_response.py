"""A response that has begun: its headers are known, and its body comes in parts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from kinto_buildhub.compression.codings import Coding
from kinto_buildhub.execution import Environ, Headers, Response


@dataclass(frozen=True, slots=True)
class StartedResponse:
    """A response that has begun; it is a WSGI application.

    Attributes:
        parts: of the body.
    """

    status: str
    headers: Headers
    parts: Iterable[bytes]

    @classmethod
    def of(cls, response: Response, environ: Environ) -> Self:
        """Return what a response sends, to HEAD with the body that it sends to GET."""
        status, headers = "", Headers()

        def start_response(given: str, given_headers: Headers, exc_info: Any = None) -> None:
            nonlocal status, headers
            status, headers = given, given_headers

        if environ["REQUEST_METHOD"] == "HEAD":
            environ = {**environ, "REQUEST_METHOD": "GET"}
        parts = response(environ, start_response)
        return cls(status, headers, parts)

    def with_headers(self, headers: Headers) -> "StartedResponse":
        """Return it with other headers."""
        return StartedResponse(self.status, headers, self.parts)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Send it."""
        start_response(self.status, self.headers)
        if environ["REQUEST_METHOD"] != "HEAD":
            return self.parts
        close(self.parts)
        return []

    def body(self) -> bytes:
        """Return the whole body. Afterwards the parts are used up."""
        try:
            return b"".join(self.parts)
        finally:
            close(self.parts)


class CompressedParts:
    """The parts of a body, each compressed when it comes."""

    def __init__(self, parts: Iterable[bytes], coding: Coding) -> None:
        self._parts, self._coding = parts, coding

    def __iter__(self) -> Iterator[bytes]:
        stream = self._coding.stream()
        for part in self._parts:
            if part:
                yield stream.add(part)
        yield stream.end()

    def close(self) -> None:
        """Tell whoever makes the parts that no more are wanted."""
        close(self._parts)


def close(parts: Iterable[bytes]) -> None:
    """Call the function that WSGI has for the end of a body, if there is one."""
    function = getattr(parts, "close", None)
    if function is not None:
        function()
