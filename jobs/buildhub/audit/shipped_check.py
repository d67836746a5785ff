"""Checking the catalogue against the list of shipped versions."""

from collections.abc import Iterable

import structlog

from buildhub.archive.fetch import Fetcher
from buildhub.audit.report.report import AuditReport
from buildhub.audit.scope import wants_shipped
from buildhub.audit.shipped import ShippedVersion, fetch_shipped
from buildhub.errors import BadData, Unavailable
from buildhub.publish.server import Server
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

NO_LIST = "list-of-shipped-versions"

Versions = set[tuple[str, str]]
"""Products and versions."""


async def try_fetch_shipped(
    fetcher: Fetcher, url: str, report: AuditReport
) -> list[ShippedVersion] | None:
    """Return the list; None where it cannot be fetched or read, which is counted and logged."""
    try:
        return await fetch_shipped(fetcher, url)
    except (BadData, Unavailable) as exc:
        report.summary.read_counts.unsettled[NO_LIST] += 1
        log.error("shipped_versions_out_of_reach", error=str(exc))
        return None


async def check_shipped(
    shipped: Iterable[ShippedVersion],
    scope: Scope,
    server: Server,
    report: AuditReport,
    *,
    in_archive: Versions,
    in_catalogue: Versions,
) -> None:
    """Report the shipped versions in *scope* that have no build in the catalogue."""
    expected = [each for each in shipped if wants_shipped(scope, *each)]
    report.shipped_count = len(expected)
    for each in expected:
        version = (each.product, each.version)
        if version in in_catalogue:
            continue
        # Its files are older than the day on which it shipped, so they may be out of scope.
        if scope.since is None or not await _is_catalogued(server, each):
            report.unshipped.append((each, version in in_archive))


async def _is_catalogued(server: Server, shipped: ShippedVersion) -> bool:
    params = {
        "source.product": shipped.product,
        "target.version": shipped.version,
        "_limit": "1",
        "_fields": "id",
    }
    page = await server.request_json("GET", f"{server.collection}/records", params=params)
    return bool(page["data"])
