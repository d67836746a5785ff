"""What may be asked for: the values of a request for a credential, checked."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from kinto_buildhub.credentials.errors import BadProposal
from kinto_buildhub.credentials.values import Proposal, Scope, Scopes

# It is in headers, logs and paths of files.
_CLIENT_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")
_COLLECTION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}/[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")
_OWNER = re.compile(r"[^\s\x00-\x1f\x7f]{1,255}")

MAX_COLLECTIONS = 50
MAX_NETWORKS = 50

# Later times are beyond what Python has, in the time zone of some databases.
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)

_SCOPES = ", ".join(Scope)


def make_proposal(
    *,
    client_id: str,
    owner: str,
    collections: Mapping[str, Iterable[str]],
    now: datetime,
    expires: str | datetime | None = None,
    networks: Iterable[str] = (),
) -> Proposal:
    """Check what is asked for.

    Args:
        collections: names of scopes by ``bucket/collection``.
        now: aware.
        expires: an ISO 8601 date, or time with an offset; a date ends at its 00:00 UTC.
        networks: IP addresses, or networks as CIDR.

    Raises:
        BadProposal: names the field, and what is expected.
    """
    if not _CLIENT_ID.fullmatch(client_id):
        raise BadProposal(
            "client_id",
            f"{client_id!r}: expected up to 64 letters, digits and . _ -, a letter or a digit "
            "first",
        )
    if not _OWNER.fullmatch(owner):
        raise BadProposal("owner", f"{owner!r}: expected an account or an e-mail address")
    return Proposal(
        client_id=client_id,
        owner=owner,
        scopes=_parse_scopes(collections),
        expires=_parse_expires(expires, now),
        networks=_parse_networks(networks),
    )


def _parse_scopes(collections: Mapping[str, Iterable[str]]) -> Scopes:
    if not 0 < len(collections) <= MAX_COLLECTIONS:
        raise BadProposal("collections", f"expected 1 to {MAX_COLLECTIONS} of them")
    return {name: _parse_scope_names(name, names) for name, names in collections.items()}


def _parse_scope_names(collection: str, names: Iterable[str]) -> frozenset[Scope]:
    # Every user's default bucket has another name in truth.
    if not _COLLECTION.fullmatch(collection) or collection.startswith("default/"):
        raise BadProposal("collections", f"{collection!r}: expected bucket/collection")
    scopes = tuple(names)
    for name in scopes:
        if name not in set(Scope):
            problem = f"{collection}: {name!r} is none of the scopes {_SCOPES}"
            raise BadProposal("collections", problem)
    if not scopes:
        raise BadProposal("collections", f"{collection}: expected at least one of {_SCOPES}")
    return frozenset(map(Scope, scopes))


def _parse_expires(expires: str | datetime | None, now: datetime) -> datetime | None:
    if expires is None:
        return None
    parsed = _parse_time(expires) if isinstance(expires, str) else expires
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    if not now < parsed < _LATEST:
        raise BadProposal("expires", f"{expires}: expected a time to come, before {_LATEST.year}")
    return parsed.astimezone(UTC)


def _parse_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadProposal("expires", f"{text!r}: expected a date, as 2030-01-31") from None


def _parse_networks(networks: Iterable[str]) -> tuple[str, ...]:
    found = []
    for text in networks:
        try:
            network = ipaddress.ip_network(text)
        except ValueError as exc:
            raise BadProposal("networks", str(exc)) from None
        # No address of a client has a zone, or is IPv4 within IPv6.
        if "%" in text or getattr(network.network_address, "ipv4_mapped", None):
            raise BadProposal("networks", f"{text!r}: expected IPv4 as such, and no zone")
        found.append(str(network))
    if len(found) > MAX_NETWORKS:
        raise BadProposal("networks", f"expected up to {MAX_NETWORKS} of them")
    return tuple(found)
