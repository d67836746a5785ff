"""The secrets of a credential: API token and Hawk key.

A token is random, and the database has only its SHA-256: 256 random bits need no slow hash. A Hawk
key cannot be hashed, because the server has to compute with it. It is derived from a master secret
that is not in the database, so that whoever steals the database can sign nothing.
"""

import hashlib
import hmac
import re
import secrets
import zlib

TOKEN_PREFIX = "bh_"  # noqa: S105 - what scanners of leaked secrets look for.
SALT_BYTES = 16

_TOKEN = re.compile(r"bh_([0-9a-f]{64})([0-9a-f]{8})")
_SHA256_BYTES = 32


def make_token() -> str:
    """Return a new token: ``bh_``, 256 random bits and a CRC-32, in hexadecimal digits."""
    digits = secrets.token_hex(32)
    return f"{TOKEN_PREFIX}{digits}{_checksum(digits)}"


def is_token(text: str) -> bool:
    """Return whether *text* may be a token; a misspelt one is not."""
    found = _TOKEN.fullmatch(text)
    return found is not None and found[2] == _checksum(found[1])


def hash_token(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def derive_hawk_key(master_secret: str, client_id: str, generation: int, salt: bytes) -> str:
    """Return the Hawk key of a generation, in hexadecimal digits.

    It is HKDF-SHA-256 (RFC 5869) with the master secret as input, and client ID and generation as
    info. An output of one hash needs one block.

    Args:
        salt: random, of the generation. So no key comes back when a client ID and a number do,
            as they may after the database was restored.
    """
    info = f"buildhub hawk\0{client_id}\0{generation}".encode()
    return hkdf(master_secret.encode(), salt=salt, info=info).hex()


def hkdf(key_material: bytes, *, salt: bytes, info: bytes) -> bytes:
    """Return the first 32 bytes of HKDF-SHA-256."""
    extracted = hmac.digest(salt or bytes(_SHA256_BYTES), key_material, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def _checksum(digits: str) -> str:
    return f"{zlib.crc32(digits.encode()):08x}"
