"""Compression of what the pages send."""

from typing import Any

from pyramid.response import Response


def accepts_gzip(request: Any) -> bool:
    """Return whether a request asks for gzip. Without the header it does not."""
    offers = request.accept_encoding.acceptable_offers(["gzip"])
    return "Accept-Encoding" in request.headers and bool(offers)


def compress(request: Any, response: Response) -> None:
    """Compress a response if its request asks for that."""
    if accepts_gzip(request):
        response.encode_content("gzip")
    response.vary = ("Accept-Encoding",)
