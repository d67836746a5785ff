"""A webhook's receiver, written with the public library, over real HTTP."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import standardwebhooks
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.stand_ins.http_server import running

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
SIGNING_KEY = "whsk_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Hook:
    """What came.

    Attributes:
        url: of the webhook.
        tries: message IDs, one for each request, in order.
        taken: records of messages that were verified and answered with success, once each.
    """

    url: str = ""
    tries: list[str] = field(default_factory=list)
    taken: dict[str, Any] = field(default_factory=dict)

    @property
    def records(self) -> list[Any]:
        return [message["data"] for message in self.taken.values()]

    def record_ids(self) -> list[str]:
        return [record["id"] for record in self.records]


Answering = Callable[[int], int | web.Response | None]
"""Called with the number of earlier requests; returns a status, or None to break the connection."""


@contextmanager
def receiving(answering: Answering | Sequence[int] = lambda number: 200) -> Iterator[Hook]:
    """Run a receiver that verifies each request; what it answers is given, and 200 after that."""
    hook = Hook()
    webhook = standardwebhooks.Webhook(SECRET)

    def answer(number: int) -> int | web.Response | None:
        if callable(answering):
            return answering(number)
        return answering[number] if number < len(answering) else 200

    async def handle(request: web.Request) -> web.StreamResponse:
        message = webhook.verify(await request.read(), dict(request.headers))
        answered = answer(len(hook.tries))
        message_id = request.headers["webhook-id"]
        hook.tries.append(message_id)
        if answered is None:
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
            return web.Response()
        response = answered if isinstance(answered, web.Response) else web.Response(status=answered)
        if response.status == 200:
            hook.taken.setdefault(message_id, message)
        return response

    with running(handle) as url:
        hook.url = f"{url}/hooks/builds"
        yield hook


def verify_ed25519(public_key: str, headers: dict[str, str], body: bytes) -> None:
    """Verify as a receiver does that has only the public key; raises InvalidSignature."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    (signature,) = [
        each.removeprefix("v1a,")
        for each in headers["webhook-signature"].split(" ")
        if each.startswith("v1a,")
    ]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key.verify(base64.b64decode(signature), signed)
