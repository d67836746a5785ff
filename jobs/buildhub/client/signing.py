"""How each request says who sends it: an account, a token, or a Hawk signature.

Source: RFC 7617 (Basic), RFC 6750 (Bearer), and for Hawk
https://github.com/mozilla/hawk/blob/main/API.md
"""

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Protocol

import mohawk

if TYPE_CHECKING:  # Those who wait do without aiohttp, which takes longer to load than all else.
    import aiohttp


class HasCredentials(Protocol):
    """What has credentials of at most one kind; None for the others. Settings do."""

    @property
    def auth(self) -> str | None:
        """An account, as ``user:password``."""

    @property
    def token(self) -> str | None:
        """An API token."""

    @property
    def client_id(self) -> str | None:
        """Hawk's client."""

    @property
    def secret(self) -> str | None:
        """The client's key."""


def authorization(
    credentials: HasCredentials, *, method: str, url: str, content_type: str, body: bytes
) -> str | None:
    """Return the ``Authorization`` header of one request; None without credentials.

    A Hawk signature is about exactly this request and is accepted once, so one that is sent again
    needs another.

    Args:
        credentials: of the sender.
        method, url, content_type, body: as they are sent, so a body that was compressed.
    """
    if credentials.token:
        return f"Bearer {credentials.token}"
    if credentials.client_id:
        signed = mohawk.Sender(
            {"id": credentials.client_id, "key": credentials.secret, "algorithm": "sha256"},
            url,
            method,
            # Of bytes, mohawk would make a printable form for its log at every request.
            content=io.BytesIO(body),
            content_type=content_type,
        )
        return str(signed.request_header)
    if credentials.auth:
        return f"Basic {b64encode(credentials.auth.encode()).decode()}"
    return None


def signing(credentials: HasCredentials) -> "aiohttp.ClientMiddlewareType":
    """Return what signs each request of a session, one that is sent again or redirected too."""

    async def sign(
        request: "aiohttp.ClientRequest", send: "aiohttp.ClientHandlerType"
    ) -> "aiohttp.ClientResponse":
        header = authorization(
            credentials,
            method=request.method,
            url=str(request.url),
            content_type=request.headers.get("Content-Type", ""),
            body=await _body(request),
        )
        if header is not None:
            request.headers["Authorization"] = header
        return await send(request)

    return sign


async def _body(request: "aiohttp.ClientRequest") -> bytes:
    body = request.body
    return body if isinstance(body, bytes) else await body.as_bytes()
