"""Responses to credentials that are wrong, or that may not do what they ask for."""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid.httpexceptions import HTTPForbidden, HTTPUnauthorized

HAWK_CHALLENGE = "Hawk"
TOKEN_CHALLENGE = "Bearer"  # noqa: S105
_INVALID_TOKEN = 'Bearer error="invalid_token"'  # noqa: S105 - RFC 6750, section 3.

# The text is a contract: clients look for it.
CLOCK_IS_OFF = "Hawk authentication failed: The token has expired. Is your system clock correct?"


def invalid_token() -> HTTPUnauthorized:
    """Return the response to a token that is misspelt, unknown, revoked or expired.

    It does not say which: that would tell whoever tries tokens.
    """
    return _unauthorized("The API token is not valid.", _INVALID_TOKEN)


def invalid_signature(reason: str) -> HTTPUnauthorized:
    """Return the response to a Hawk signature that is not accepted."""
    return _unauthorized(f"Hawk authentication failed: {reason}", HAWK_CHALLENGE)


def wrong_signature(public_url: str) -> HTTPUnauthorized:
    """Return the response to a signature by another key, or about something else.

    Args:
        public_url: of the server. Most often a client has asked at another name of its host.
    """
    return invalid_signature(
        f"The signature is not valid. Here it is about a URL that begins with {public_url}/."
    )


def clock_is_off(challenge: str) -> HTTPUnauthorized:
    """Return the response to a signature that is too old, or from the future.

    Args:
        challenge: has the server's time, signed, so that a client can correct its own.
    """
    return _unauthorized(CLOCK_IS_OFF, challenge)


def is_about_clock(response: HTTPUnauthorized) -> bool:
    """Return whether only the time of a signature was wrong."""
    return bool(response.json_body.get("detail") == CLOCK_IS_OFF)


def forbidden(message: str) -> HTTPForbidden:
    """Return the response to a credential that is valid, and may not do this."""
    response: HTTPForbidden = http_error(HTTPForbidden(), errno=ERRORS.FORBIDDEN, message=message)
    return response


def _unauthorized(detail: str, challenge: str) -> Any:
    response = http_error(HTTPUnauthorized(), errno=ERRORS.INVALID_AUTH_TOKEN, message=detail)
    # Where clients of other servers look for it.
    response.json_body = response.json_body | {"detail": detail}
    response.headers["WWW-Authenticate"] = challenge
    return response
