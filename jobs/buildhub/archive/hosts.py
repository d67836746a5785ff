"""The archive's hosts, and where its redirects may lead."""

from types import SimpleNamespace

import aiohttp
import yarl

HOSTS = (
    "archive.mozilla.org",
    "ftp.mozilla.org",
    "releases.mozilla.org",
    "download-installer.cdn.mozilla.net",
    "download-origin.cdn.mozilla.net",
    "download.cdn.mozilla.net",
)
"""Names under which the archive's tree is served, or was."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


class RedirectedElsewhere(aiohttp.ClientError):
    """A server redirects to where nobody asked to go, such as an address behind our firewall."""


def is_same_server(source: yarl.URL, target: yarl.URL) -> bool:
    """Return whether a redirect from *source* to *target* stays on the server, or the archive's.

    A change from http to https is allowed, but not back.
    """
    if target.scheme not in _DEFAULT_PORTS or (source.scheme, target.scheme) == ("https", "http"):
        return False
    if source.host == target.host and source.port == target.port:
        return True
    has_default_ports = all(url.port == _DEFAULT_PORTS[url.scheme] for url in (source, target))
    return has_default_ports and (
        source.host == target.host or (source.host in HOSTS and target.host in HOSTS)
    )


def refusing_other_servers() -> aiohttp.TraceConfig:
    """Return what makes a session raise `RedirectedElsewhere` before it follows such a redirect."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_check_redirect)
    return trace


async def _check_redirect(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestRedirectParams,
) -> None:
    source, headers = params.response.url, params.response.headers
    # aiohttp reads both.
    location = headers.get("Location") or headers.get("URI") or ""
    try:
        target = source.join(yarl.URL(location))
    except ValueError as exc:
        raise RedirectedElsewhere(f"redirects to {location!r}, which is no address") from exc
    if not is_same_server(source, target):
        raise RedirectedElsewhere(f"redirects to {target}, which is another server")
