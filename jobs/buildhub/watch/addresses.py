"""Where a webhook may lead: into the internet, not into the network of whoever runs the watch.

What is checked is the address that is connected to, after its name was resolved, so that a name
which leads elsewhere the next time gets nobody further.
"""

import ipaddress
import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from buildhub.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 addresses that stand for an IPv4 address, in their last four bytes.
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class PrivateAddress(ConfigError):
    """A receiver is in a private network, or on this machine."""


def is_public(address: Address) -> bool:
    """Return whether an address is one of the internet, also where it stands for another."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: ipaddress.IPv6Address) -> Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def check_host(host: str) -> None:
    """Refuse a host that is a private address itself; names are checked when they are resolved.

    Raises:
        PrivateAddress: it is.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    _check(host, address)


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses those with a private address."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host, which are then connected to.

        Raises:
            PrivateAddress: one of them is private.
            OSError: there are none.
        """
        found = await ThreadedResolver().resolve(host, port, family)
        for each in found:
            _check(host, ipaddress.ip_address(each["host"].partition("%")[0]))
        return found

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


def _check(host: str, address: Any) -> None:
    if not is_public(address):
        raise PrivateAddress(
            f"{host} is at {address}, which is no address of the internet; "
            "BUILDHUB_WEBHOOK_PRIVATE_ADDRESSES=true allows that"
        )
