"""A service account of Google, and the certificates that Google publishes for its tokens."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

EMAIL = "pusher@test-project.iam.gserviceaccount.com"
AUDIENCE = "https://buildhub.example/events"


class GoogleAccount:
    """Signs tokens with a key of its own.

    Attributes:
        key_id: of the key.
        certificate: PEM.
    """

    def __init__(self, key_id: str = "key-1") -> None:
        self.key_id = key_id
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tokens of tests")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._signer = crypt.RSASigner.from_string(private, key_id)

    def token(self, **changes: Any) -> str:
        """Return a token as Pub/Sub sends it; *changes* are other claims, None for none."""
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "azp": "112233",
            "sub": "112233",
            "email": EMAIL,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        } | changes
        left = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(self._signer, left).decode()


class Certificates:
    """Serves certificates by key ID.

    Attributes:
        accounts: whose certificates there are.
        request_count: of requests so far.
    """

    def __init__(self, *accounts: GoogleAccount) -> None:
        self.accounts = list(accounts)
        self.request_count = 0

    async def handle(self, _: web.Request) -> web.Response:
        self.request_count += 1
        return web.json_response({each.key_id: each.certificate for each in self.accounts})
