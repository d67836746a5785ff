"""The bodies of requests, checked."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kinto_buildhub.credentials.administration import DEFAULT_OVERLAP
from kinto_buildhub.credentials.errors import BadProposal
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.values import Proposal

_MAX_SECONDS = 10**9

Check = Callable[[Any], bool]


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_collections(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_texts, value.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_seconds(value: Any) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 0 <= value <= _MAX_SECONDS


_PROPOSAL: Mapping[str, tuple[Check, str]] = {
    "client_id": (_is_text, "a text"),
    "collections": (_is_collections, 'an object, as {"build-hub/releases": ["publish"]}'),
    "expires": (lambda value: value is None or _is_text(value), "a text, or null"),
    "networks": (_is_texts, "a list of texts"),
}
_NEEDED = ("client_id", "collections")
_ROTATION: Mapping[str, tuple[Check, str]] = {
    "overlap_seconds": (_is_seconds, "a whole number from 0"),
}


def read_proposal(body: Any, owner: str) -> Proposal:
    """Return what a body asks for, for *owner*.

    Raises:
        BadProposal: names the field.
    """
    data = _read(body, _PROPOSAL)
    for name in _NEEDED:
        if name not in data:
            raise BadProposal(name, "missing")
    return make_proposal(**data, owner=owner, now=datetime.now(UTC))


def read_overlap(body: Any) -> timedelta:
    """Return how long the last secret is still to work.

    Raises:
        BadProposal: names the field.
    """
    seconds = _read(body, _ROTATION).get("overlap_seconds")
    return DEFAULT_OVERLAP if seconds is None else timedelta(seconds=seconds)


def _read(body: Any, fields: Mapping[str, tuple[Check, str]]) -> dict[str, Any]:
    if not isinstance(body, dict) or not isinstance(body.get("data", {}), dict):
        raise BadProposal("data", "expected an object")
    if others := body.keys() - {"data"}:
        raise BadProposal(min(others), "not known; values are in data")
    data: dict[str, Any] = body.get("data", {})
    for name, value in data.items():
        if name not in fields:
            raise BadProposal(name, f"not known; expected {', '.join(fields)}")
        is_right, expected = fields[name]
        if not is_right(value):
            raise BadProposal(name, f"expected {expected}")
    return data
