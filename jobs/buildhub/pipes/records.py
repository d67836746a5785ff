"""The job behind ``buildhub records``: an inventory's rows in, records out, without a server."""

from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from typing import BinaryIO

from buildhub.archive.metadata_finder import FindsMetadata, PathsOnly
from buildhub.archive.session import open_archive
from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError
from buildhub.inventory.rows import find_columns
from buildhub.publish.deferred import (
    Conflict,
    DeferredRecords,
    holders_in_stream,
    open_deferred,
    resolve_conflicts,
)
from buildhub.records.derive import Deriver
from buildhub.records.pipeline import derive_part
from buildhub.records.recognise import make_recogniser
from buildhub.settings import Settings


async def write_records(
    settings: Settings,
    source: BinaryIO,
    write: Callable[[bytes], object],
    *,
    skip_incomplete: bool = False,
    offline: bool = False,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
) -> Summary:
    """Turn an inventory's CSV into records.

    Args:
        settings: archive, products and so on.
        source: CSV in the usual columns, gzipped or not.
        write: takes records, as JSON with ``\\n`` at the end of each.
        skip_incomplete: leave out builds whose build ID is not known.
        offline: ask the archive for nothing; records have what the paths say.
        on_conflict: called with each file that is left out because another one takes its ID.

    Returns:
        What was done; its ``failure`` is what ended it early.
    """
    summary = Summary()
    report = summary.counting_conflicts(on_conflict)

    try:
        async with AsyncExitStack() as stack:
            finder: FindsMetadata = PathsOnly()
            if not offline:
                finder = (await stack.enter_async_context(open_archive(settings))).finder
            deriver = Deriver(finder, settings.archive_url, skip_incomplete)
            deferred = stack.enter_context(open_deferred(remember=True))
            await _write_preferred_lines(settings, source, write, deriver, deferred, summary)
            async for lines in resolve_conflicts(deferred, holders_in_stream(deferred), report):
                write(b"".join(lines))
    except BuildhubError as exc:
        summary.failure = exc
    return summary


async def _write_preferred_lines(
    settings: Settings,
    source: BinaryIO,
    write: Callable[[bytes], object],
    deriver: Deriver,
    deferred: DeferredRecords,
    summary: Summary,
) -> None:
    pieces = derive_part(
        source,
        find_columns(),
        make_recogniser(settings),
        deriver,
        summary.read_counts,
        name="standard input",
        parallel=2 * settings.parallel_request_count,
    )
    async with aclosing(pieces):
        async for derived in pieces:
            write(b"".join(deferred.defer_unpreferred(derived)))
