"""Limits on requests, which also hold for the demo's own jobs."""

from collections.abc import Mapping
from ipaddress import ip_address

from kinto_buildhub.access.client_addresses import is_in
from kinto_buildhub.settings import PREFIX, RATES, read_settings

_BY_ADDRESS = RATES[0]
_EXEMPT = "buildhub.rate_exempt_addresses"

# Of whoever tries the limits with curl, too: only they know whether it is to be exempt.
_LOOPBACK = "127.0.0.1"


def describe_waits(settings: Mapping[str, str], environ: Mapping[str, str]) -> str | None:
    """Return a sentence about why the jobs may have to wait; None if they need not.

    Args:
        settings: from the ini file.
        environ: what overrides them.
    """
    values = read_settings(settings, environ)
    if values[_BY_ADDRESS] is None or is_in(ip_address(_LOOPBACK), values[_EXEMPT]):
        return None
    return (
        f"{PREFIX}{_BY_ADDRESS} holds for the demo's own jobs, too: over it, they wait. "
        f"KINTO_BUILDHUB_RATE_EXEMPT_ADDRESSES={_LOOPBACK} exempts them, and you."
    )
