"""Signatures of webhooks, as Standard Webhooks has them: https://www.standardwebhooks.com.

What is signed is ``ID.TIMESTAMP.BODY``: with HMAC-SHA256 (``v1``), which receivers verify with the
same secret, or with Ed25519 (``v1a``), which they verify with a public key, ``whpk_…``.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from buildhub.errors import ConfigError

PUBLIC_KEY_PREFIX = "whpk_"


@dataclass(frozen=True, slots=True)
class Signed:
    """What is sent: the headers with the ID, the time and the signatures."""

    message_id: str
    timestamp: int
    signatures: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        """The three headers."""
        return {
            "webhook-id": self.message_id,
            "webhook-timestamp": str(self.timestamp),
            "webhook-signature": " ".join(self.signatures),
        }


class Signer:
    """Signs messages with one key, or with both.

    Args:
        secret: for HMAC; None: without.
        signing_key: seed for Ed25519; None: without.

    Raises:
        ConfigError: there is neither, or what Ed25519 needs is not installed.
    """

    def __init__(self, secret: bytes | None, signing_key: bytes | None) -> None:
        if secret is None and signing_key is None:
            raise ConfigError(
                "a webhook has to be signed: set BUILDHUB_WEBHOOK_SECRET or "
                "BUILDHUB_WEBHOOK_SIGNING_KEY (or the same with _FILE)"
            )
        self._secret = secret
        self._key = None if signing_key is None else _load_key(signing_key)

    @property
    def public_key(self) -> str | None:
        """What receivers verify Ed25519 with; None without such a key."""
        if self._key is None:
            return None
        return PUBLIC_KEY_PREFIX + _encode(self._key.public_key().public_bytes_raw())

    def sign(self, message_id: str, timestamp: int, body: bytes) -> Signed:
        """Sign a message.

        Args:
            timestamp: of this attempt, in seconds since 1970.
        """
        signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
        found = []
        if self._secret is not None:
            found.append("v1," + _encode(hmac.digest(self._secret, signed, hashlib.sha256)))
        if self._key is not None:
            found.append("v1a," + _encode(self._key.sign(signed)))
        return Signed(message_id, timestamp, tuple(found))


def _load_key(seed: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as exc:
        raise ConfigError(
            "signatures with Ed25519 need cryptography: install buildhub[webhooks]"
        ) from exc
    return Ed25519PrivateKey.from_private_bytes(seed)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
