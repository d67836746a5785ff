"""Hawk: a signature about one request, made with a key that the client and the server share.

`mohawk` verifies it. The scheme is finished, and so is the library: its last release is of 2019, it
is what Mozilla's servers and clients of Hawk use, and it needs only `six`. Here is what it leaves
open: which URL was signed, which requests need a hash of the body, and its mistakes over malformed
headers.

Source: https://github.com/mozilla/hawk/blob/main/API.md
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

import mohawk
from mohawk.base import EmptyValue
from mohawk.exc import AlreadyProcessed, HawkFail, MacMismatch, TokenExpired
from mohawk.util import parse_authorization_header, utc_now

from kinto_buildhub.credentials.authentication import refusals

MAX_SKEW_SECONDS = 60

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_NEEDED = ("id", "ts", "nonce", "mac")
_HASHED_METHODS = ("POST", "PUT", "PATCH")

_NO_HEADER = "The header is not valid."


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature is about.

    Attributes:
        header: ``Authorization``.
        public_url: of the server, with which the URL begins as the client knows it.
        target: path and query, as they were sent.
        content_type: "" for none.
        body: None if it is empty.
    """

    header: str
    method: str
    public_url: str
    target: str
    content_type: str
    body: IO[bytes] | None


def find_client_id(header: str) -> str:
    """Return the ID of who claims to have signed.

    Raises:
        HTTPUnauthorized: it is not a header of Hawk.
    """
    return _parse(header)["id"]


def verify(
    request: SignedRequest,
    client_id: str,
    keys: Sequence[str],
    use_nonce: Callable[[str, str], bool],
) -> int:
    """Verify a signature; return the place of its key in *keys*.

    The body is read only once the signature is right, and the nonce is used up only once the body
    is, too.

    Args:
        keys: of the client, the likeliest first; none for a client that is not known.
        use_nonce: takes a timestamp and a nonce, and returns whether they were not used before.

    Raises:
        HTTPUnauthorized: says why.
    """
    attributes = _parse(request.header)
    _require_hash(request, attributes)
    # A client that is not known takes as long as one that is.
    for place, key in enumerate(keys or [secrets.token_hex(32)]):
        try:
            _receive(request, client_id, key, attributes, use_nonce)
        except MacMismatch:
            continue
        except TokenExpired as exc:
            raise refusals.clock_is_off(exc.www_authenticate) from None
        except AlreadyProcessed:
            raise refusals.invalid_signature("The nonce was used before.") from None
        except HawkFail:
            raise refusals.invalid_signature("The payload is not what was signed.") from None
        return place
    raise refusals.wrong_signature(request.public_url)


def _parse(header: str) -> dict[str, str]:
    try:
        attributes: dict[str, str] = parse_authorization_header(header)
    except (HawkFail, ValueError):  # A header without a space is a ValueError.
        raise refusals.invalid_signature(_NO_HEADER) from None
    is_complete = all(attributes.get(name) for name in _NEEDED)
    if not is_complete or not _TIMESTAMP.fullmatch(attributes["ts"]):
        raise refusals.invalid_signature(_NO_HEADER)
    return attributes


def _require_hash(request: SignedRequest, attributes: dict[str, str]) -> None:
    """Require a hash of the payload, but for a request without any, such as most DELETEs.

    Whoever adds a body to such a request makes it one that needs a hash.
    """
    is_needed = request.method in _HASHED_METHODS or request.body is not None
    if is_needed and not attributes.get("hash"):
        raise refusals.invalid_signature("The payload hash is missing.")


def _receive(
    request: SignedRequest,
    client_id: str,
    key: str,
    attributes: dict[str, str],
    use_nonce: Callable[[str, str], bool],
) -> None:
    def was_used(sender_id: str, nonce: str, timestamp: str) -> bool:
        # Mohawk asks before it looks at the time. Only what is in time needs to be kept, or what
        # is once mohawk looks at the clock.
        is_in_time = abs(int(timestamp) - utc_now()) <= MAX_SKEW_SECONDS + 1
        return is_in_time and not use_nonce(timestamp, nonce)

    has_hash = "hash" in attributes
    content: Any = (request.body or b"") if has_hash else EmptyValue
    mohawk.Receiver(
        lambda sender_id: {"id": client_id, "key": key, "algorithm": "sha256"},
        request.header,
        request.public_url + request.target,
        request.method,
        content=content,
        content_type=request.content_type if has_hash else EmptyValue,
        seen_nonce=was_used,
        timestamp_skew_in_seconds=MAX_SKEW_SECONDS,
    )
