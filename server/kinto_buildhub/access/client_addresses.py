"""Where a request comes from, if it comes through a proxy.

A proxy appends the address of its client to ``X-Forwarded-For``. What stands before that came from
the client, who may write anything. So the header is read from its end, as long as the proxies are
trusted: those of ``FORWARDED_ALLOW_IPS``, which Gunicorn takes ``X-Forwarded-Proto`` from.
"""

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pyramid.exceptions import ConfigurationError

from kinto_buildhub import setting_parsers
from kinto_buildhub.execution import Environ, Execute, Layer, Response, add_layer

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

VARIABLE = "FORWARDED_ALLOW_IPS"
# Gunicorn's.
_DEFAULT = "127.0.0.1,::1"
_ALL = "*"

_IPV6_NETWORK_BITS = 64

# A proxy may give the port, too.
_WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


class TrustedProxies:
    """Proxies whose ``X-Forwarded-For`` is believed.

    Args:
        text: addresses and networks with commas between them; ``*`` stands for all.

    Raises:
        ValueError: names what is neither an address nor a network.
    """

    def __init__(self, text: str) -> None:
        names = setting_parsers.words(text)
        self._trusts_all = _ALL in names
        self._networks = setting_parsers.networks(" ".join(n for n in names if n != _ALL))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "TrustedProxies":
        """Read ``FORWARDED_ALLOW_IPS``."""
        return cls(environ.get(VARIABLE, _DEFAULT))

    def find_client(self, peer: str, forwarded_for: str) -> str:
        """Return the address of the client.

        Args:
            peer: the address that the connection comes from.
            forwarded_for: the header. It is not believed beyond a part that is not an address.
        """
        client = peer
        for name in reversed(forwarded_for.split(",")):
            if not self._trusts(client):
                break
            address = parse_address(name)
            if address is None:
                break
            client = str(address)
        return client

    def _trusts(self, name: str) -> bool:
        address = parse_address(name)
        return address is not None and (self._trusts_all or is_in(address, self._networks))


def includeme(config: Any) -> None:
    """Give each request the address of its client, before anything else is done."""
    add_layer(config, Layer.CLIENT_ADDRESSES, _wrap)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """Return an address; None if the text is not one.

    IPv4 within IPv6 is IPv4, and the zone of an IPv6 address, which only its machine knows, is
    left out.
    """
    text = text.strip().partition("%")[0]
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address(text if found is None else found[1] or found[2])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped


@lru_cache(maxsize=4096)
def customer(remote_addr: str) -> str:
    """Return the name that the requests of one customer of a network are counted under.

    It is an IPv4 address, or the 64 bits that each customer has at least of IPv6, and may use all
    addresses of. A client on a Unix socket has no address; it is counted as what it is called.
    """
    address = parse_address(remote_addr)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, _IPV6_NETWORK_BITS), strict=False))
    return remote_addr if address is None else str(address)


def is_in(address: Address, networks: Iterable[setting_parsers.Network]) -> bool:
    """Return whether one of the networks has the address."""
    return any(address in network for network in networks)


def _wrap(router: Any, execute: Execute) -> Execute:
    try:
        proxies = TrustedProxies.from_environment()
    except ValueError as exc:
        raise ConfigurationError(f"{VARIABLE}: {exc}.") from exc

    def answer(environ: Environ) -> Response:
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR")
        if forwarded_for:
            peer = environ.get("REMOTE_ADDR", "")
            environ["REMOTE_ADDR"] = proxies.find_client(peer, forwarded_for)
        return execute(environ)

    return answer
