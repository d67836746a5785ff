"""Reporting to the server what a run has covered, in records beside those of the builds."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from buildhub.counts.summary import Summary
from buildhub.counts.unsettled import Unsettled
from buildhub.errors import BuildhubError, Unavailable
from buildhub.publish.server import ADDED, Server
from buildhub.rules.coverage_claims import Claim, Window, iter_channels, merge

log = structlog.get_logger(__name__)

# Any number of jobs may report at a time; this many conflicts in a row are no coincidence.
_TURNS = 20

_PAUSE_SECONDS = 60.0

# A job that is to stop has other things to finish.
_LAST_REPORT_SECONDS = 2.0


def build_claims(windows: Mapping[str, Window], summary: Summary) -> list[Claim]:
    """Return what a run says, where there is anything to say.

    Args:
        windows: what it has looked at, by product; those that it was not about are not in it.
        summary: of the run so far.
    """
    unsettled = Unsettled()
    unsettled.include(summary.read_counts.unsettled_by_scope)
    unsettled.include(summary.published.unsettled_by_scope)
    newest = summary.read_counts.newest
    pairs = {(product, channel) for product in windows for channel in iter_channels(product)}
    return [
        Claim(
            product,
            channel,
            windows.get(product),
            unsettled.of(product, channel),
            newest.builds.get((product, channel), ("", "")),
            newest.events.get((product, channel), ""),
        )
        for product, channel in sorted(pairs | newest.builds.keys() | newest.events.keys())
    ]


async def report_coverage(server: Server, claims: Iterable[Claim]) -> None:
    """Add claims to what the server knows.

    A failure is logged and no more: the builds are published, and the server knows by itself up to
    when coverage was reported.
    """
    claims = list(claims)
    try:
        if claims:
            stored = {each["id"]: each for each in await server.fetch_coverage()}
            await asyncio.gather(
                *(_report_claim(server, each, stored.get(each.id)) for each in claims)
            )
    except BuildhubError as exc:
        log.warning("coverage_not_reported", error=str(exc))


@asynccontextmanager
async def reporting_coverage(server: Server, summary: Summary) -> AsyncIterator[None]:
    """Report what a job without an end has met, once a minute and when the context ends.

    Such a job says which builds are there, never that there are no others: an event may be late,
    or lost.
    """

    async def repeat() -> None:
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            await report_coverage(server, build_claims({}, summary))

    repeating = asyncio.create_task(repeat())
    try:
        yield
    finally:
        repeating.cancel()
        await asyncio.gather(repeating, return_exceptions=True)
        with suppress(TimeoutError):
            reporting = report_coverage(server, build_claims({}, summary))
            await asyncio.wait_for(reporting, _LAST_REPORT_SECONDS)


async def _report_claim(server: Server, claim: Claim, stored: dict[str, Any] | None) -> None:
    for _ in range(_TURNS):
        known = {name: value for name, value in (stored or {}).items() if name not in ADDED}
        merged = merge(known, claim)
        if merged == known or await server.replace_coverage_if_unchanged(merged, stored):
            return
        stored = {each["id"]: each for each in await server.fetch_coverage()}.get(claim.id)
    raise Unavailable(f"{server.url}: coverage of {claim.id} changed {_TURNS} times while written")
