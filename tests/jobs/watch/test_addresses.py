"""Which addresses a webhook may have."""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from aiohttp.resolver import ThreadedResolver
from buildhub.watch.addresses import PrivateAddress, PublicResolver, check_host, is_public

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"]
PRIVATE = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.8.9.10",
    "this host": "0.0.0.0",  # noqa: S104 - refused.
    "private 10": "10.0.0.1",
    "private 172": "172.31.255.255",
    "private 192": "192.168.1.1",
    "shared, of providers": "100.64.0.1",
    "link-local, where clouds have their metadata": "169.254.169.254",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "documentation": "203.0.113.1",
    "benchmarks": "198.18.0.1",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 unique local": "fd00::1",
    "IPv6 multicast": "ff02::1",
    "IPv4 in IPv6": "::ffff:127.0.0.1",
    "IPv4-compatible": "::7f00:1",
    "NAT64": "64:ff9b::a9fe:a9fe",
    "6to4": "2002:7f00:1::",
    "Teredo": "2001:0:4136:e378:8000:63bf:80ff:fffe",
}


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))
    check_host(text)


@pytest.mark.parametrize("name", PRIVATE)
def test_any_other_address_is_not(name: str) -> None:
    assert not is_public(ipaddress.ip_address(PRIVATE[name]))
    with pytest.raises(PrivateAddress, match="BUILDHUB_WEBHOOK_PRIVATE_ADDRESSES"):
        check_host(PRIVATE[name])


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "017700000001"])
def test_a_name_or_an_odd_number_that_leads_to_loopback_is_refused(host: str) -> None:
    check_host(host)  # It is no address as programs write them.
    with pytest.raises(PrivateAddress, match=r"127\.0\.0\.1|::1"):
        asyncio.run(PublicResolver().resolve(host, 80, socket.AF_UNSPEC))


def test_a_name_with_one_private_address_among_others_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolve(*_: Any, **__: Any) -> list[dict[str, Any]]:
        return [{"host": "93.184.216.34"}, {"host": "10.0.0.1"}]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    with pytest.raises(PrivateAddress, match=r"example\.org is at 10\.0\.0\.1"):
        asyncio.run(PublicResolver().resolve("example.org", 443, socket.AF_UNSPEC))
