"""How each request says who sends it: an account, a token, or a Hawk signature.

Source: RFC 7617 (Basic), RFC 6750 (Bearer), and for Hawk
https://github.com/mozilla/hawk/blob/main/API.md
"""

import io

import aiohttp
import mohawk

from buildhub.settings import Settings


def authorization(
    settings: Settings, *, method: str, url: str, content_type: str, body: bytes
) -> str | None:
    """Return the ``Authorization`` header of one request; None without credentials.

    A Hawk signature is about exactly this request and is accepted once, so one that is sent again
    needs another.

    Args:
        settings: with credentials of at most one kind.
        method, url, content_type, body: as they are sent, so a body that was compressed.
    """
    if settings.token:
        return f"Bearer {settings.token}"
    if settings.client_id:
        signed = mohawk.Sender(
            {"id": settings.client_id, "key": settings.secret, "algorithm": "sha256"},
            url,
            method,
            # Of bytes, mohawk would make a printable form for its log at every request.
            content=io.BytesIO(body),
            content_type=content_type,
        )
        return str(signed.request_header)
    if settings.auth:
        user, _, password = settings.auth.partition(":")
        return aiohttp.encode_basic_auth(user, password, encoding="utf-8")
    return None


def signing(settings: Settings) -> aiohttp.ClientMiddlewareType:
    """Return what signs each request of a session, one that is sent again or redirected too."""

    async def sign(
        request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        header = authorization(
            settings,
            method=request.method,
            url=str(request.url),
            content_type=request.headers.get("Content-Type", ""),
            body=await _body(request),
        )
        if header is not None:
            request.headers["Authorization"] = header
        return await send(request)

    return sign


async def _body(request: aiohttp.ClientRequest) -> bytes:
    body = request.body
    return body if isinstance(body, bytes) else await body.as_bytes()
