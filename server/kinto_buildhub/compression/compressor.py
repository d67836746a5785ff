"""Which answers are compressed, and what becomes of their headers."""

import re

from kinto_buildhub.anonymous.responses import KeptResponse
from kinto_buildhub.compression.accept_encoding import choose_coding
from kinto_buildhub.compression.codings import Coding
from kinto_buildhub.compression.entity_tags import coded_tag
from kinto_buildhub.compression.started_response import CompressedParts, StartedResponse
from kinto_buildhub.execution import Environ, Execute, Headers, Response
from kinto_buildhub.request_hooks.headers.cache_control import carries_secrets
from kinto_buildhub.search.cache import AnswerCache

# For compressed forms of what the fast path keeps, with the bodies that they were made of.
CACHE_BYTES = 32 * 2**20

# Up to this size a body is compressed in one piece, and its new length told.
_MAX_WHOLE_BYTES = 16 * 2**20

# Events must not wait for one another, and a compressor that flushes each of them gains little.
_COMPRESSIBLE = re.compile(
    r"text/(?!event-stream).+|image/svg\+xml"
    r"|application/(?:json|x-ndjson|xml|javascript|.+\+(?:json|xml))"
)
# An answer with one of these is compressed already, or parts of it may be asked for.
_FIXED = frozenset({"content-encoding", "content-range", "accept-ranges"})
_WITHOUT_CONTENT = ("1", "204", "304")

_VARY = "Accept-Encoding"


class Compressor:
    """Compresses answers for clients that ask for it.

    Args:
        codings: names of the codings, the best first.
        min_bytes: of the smallest body to compress.
        cache_bytes: memory for answers of the fast path.
    """

    def __init__(
        self, codings: tuple[str, ...], min_bytes: int, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._codings, self._min_bytes = codings, min_bytes
        self._cache = AnswerCache(cache_bytes)

    def answer(self, environ: Environ, execute: Execute) -> Response:
        """Execute a request, and return the answer in the coding that it asks for."""
        # Whoever sees the lengths of compressed answers, and chooses a part of them, can guess the
        # rest; the attack is known as BREACH.
        if carries_secrets(environ):
            return execute(environ)
        if_none_match = environ.get("HTTP_IF_NONE_MATCH", "")  # Kinto gets it in its own form.
        response = execute(environ)
        started = StartedResponse.of(response, environ)
        known = {name.lower(): value for name, value in started.headers}
        if not _may_compress(known):
            return started
        started = started.with_headers(_varying(started.headers, known))
        coding, is_required = choose_coding(environ.get("HTTP_ACCEPT_ENCODING"), self._codings)
        if coding is None:
            return started
        if started.status.startswith(_WITHOUT_CONTENT):
            tagged = _with_known_tag(started.headers, coding, known, if_none_match)
            return started.with_headers(tagged)
        length = int(known["content-length"]) if "content-length" in known else None
        if length is None and environ["REQUEST_METHOD"] == "HEAD":
            return started  # Nobody knows what the length would be.
        if length is not None and length < self._min_bytes and not is_required:
            return started
        return self._compressed(started, length, coding, isinstance(response, KeptResponse))

    def _compressed(
        self, started: StartedResponse, length: int | None, coding: Coding, is_kept: bool
    ) -> StartedResponse:
        """Compress a response.

        Args:
            length: of its body in bytes; None where nobody knows it.
            is_kept: whether the same body may be sent again.
        """
        if length is None or length > _MAX_WHOLE_BYTES:
            headers = _coded(started.headers, coding, None)
            return StartedResponse(started.status, headers, CompressedParts(started.parts, coding))
        body = started.body()
        packed = self._compressed_once(body, coding) if is_kept else coding.compress(body)
        headers = _coded(started.headers, coding, len(packed))
        return StartedResponse(started.status, headers, [packed])

    def _compressed_once(self, body: bytes, coding: Coding) -> bytes:
        # Bytes remember their hash, so to look up the same object costs nothing.
        key = coding.name, body
        packed: bytes | None = self._cache.get(key)
        if packed is None:
            packed = coding.compress(body)
            self._cache.put(key, packed, len(body) + len(packed))
        return packed


def _may_compress(known: dict[str, str]) -> bool:
    """Return whether an answer with these headers might be compressed."""
    content_type = known.get("content-type")
    return (
        (content_type is None or _COMPRESSIBLE.match(content_type) is not None)
        and _FIXED.isdisjoint(known)
        and "no-transform" not in known.get("cache-control", "")
    )


def _varying(headers: Headers, known: dict[str, str]) -> Headers:
    """Return headers that say that another request might get another coding."""
    given = known.get("vary")
    if given is None:
        return [*headers, ("Vary", _VARY)]
    if "*" in given or _VARY.lower() in given.lower():
        return headers
    return [
        (name, f"{given}, {_VARY}" if name.lower() == "vary" else value) for name, value in headers
    ]


def _coded(headers: Headers, coding: Coding, length: int | None) -> Headers:
    """Return the headers of the compressed answer.

    Args:
        length: of its body; None where it is not known yet.
    """
    changed = [
        (name, coded_tag(value, coding) if name.lower() == "etag" else value)
        for name, value in headers
        if name.lower() != "content-length"
    ]
    changed.append(("Content-Encoding", coding.name))
    if length is not None:
        changed.append(("Content-Length", str(length)))
    return changed


def _with_known_tag(
    headers: Headers, coding: Coding, known: dict[str, str], if_none_match: str
) -> Headers:
    """Return the headers for a client whose answer is current, with the tag that the client has.

    Caches refresh the answer that has the same tag.
    """
    tag = coded_tag(known.get("etag", ""), coding)
    if tag not in if_none_match:
        return headers
    return [(name, tag if name.lower() == "etag" else value) for name, value in headers]
