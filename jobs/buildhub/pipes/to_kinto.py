"""The job behind ``buildhub to-kinto``: records as JSON lines in, published records out."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import orjson
import structlog

from buildhub.aio.streams import in_pieces
from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError
from buildhub.publish.deferred import (
    Conflict,
    DeferredRecords,
    holders_on_server,
    open_deferred,
    resolve_conflicts,
)
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import open_server
from buildhub.records.derive import Derived
from buildhub.rules.paths import Build, parse_path
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

UNREADABLE_LINE = "unreadable-line"

_LINES_PER_TURN = 500


async def publish_records(
    settings: Settings,
    source: BinaryIO,
    *,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
) -> Summary:
    """Publish records that are JSON objects, a line each, bare or as ``{"data": …}``.

    Permissions beside the data replace those of the record. A record without an ID gets one, as
    from Kinto.

    Returns:
        What was done; its ``failure`` is what ended it early. What is no JSON is left out and
        counted; everything else is for the server to accept or refuse.
    """
    summary = Summary()
    report = summary.counting_conflicts(on_conflict)
    permissions: dict[str, Any] = {}

    async def preferred_lines(deferred: DeferredRecords) -> AsyncIterator[list[bytes]]:
        for some in in_pieces(_read(source, summary, permissions), _LINES_PER_TURN):
            yield _defer_unpreferred(some, deferred)
            on_progress(summary)
            await asyncio.sleep(0)

    try:
        async with open_server(settings) as server:
            transport = await open_transport(
                server, summary.published, initialize=settings.initialize_server
            )
            with open_deferred() as deferred:
                await publish(preferred_lines(deferred), transport)
                await publish(
                    resolve_conflicts(deferred, holders_on_server(server), report), transport
                )
            for record_id, given in permissions.items():
                await server.change_permissions(record_id, given)
    except BuildhubError as exc:
        summary.failure = exc
    return summary


def _read(
    source: BinaryIO, summary: Summary, permissions: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    """Yield the records, and put the permissions that come with them into *permissions*, by ID."""
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        summary.read_counts.rows += 1
        try:
            found = orjson.loads(line)
            record = found.get("data", found)
            record.setdefault("id", str(uuid.uuid4()))
            if record is not found and found.get("permissions"):
                permissions[record["id"]] = dict(found["permissions"])
        except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError) as exc:
            summary.read_counts.unsettled[UNREADABLE_LINE] += 1
            log.warning("line_unreadable", line=number, error=str(exc), text=_begin(line))
            continue
        summary.read_counts.builds += 1
        yield record


def _begin(line: bytes) -> str:
    return line[:80].decode(errors="replace")


def _defer_unpreferred(records: list[dict[str, Any]], deferred: DeferredRecords) -> list[bytes]:
    """Return the lines to publish at once, and defer those of builds that may lose a conflict."""
    lines, builds = [], []
    for record in records:
        line = orjson.dumps(record) + b"\n"
        build = _find_build(record)
        if build is None:
            lines.append(line)
        else:
            builds.append(Derived(build, line))
    return lines + deferred.defer_unpreferred(builds)


def _find_build(record: dict[str, Any]) -> Build | None:
    """Return the build of a record, where the record has the ID that we would give it."""
    try:
        build = parse_path(urlsplit(record["download"]["url"]).path.lstrip("/"))
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    return build if isinstance(build, Build) and build.record_id == record.get("id") else None
