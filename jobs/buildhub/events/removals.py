"""From an event about a deleted file to a record that says that its file is gone."""

from collections import Counter
from datetime import UTC, datetime

from buildhub.archive.fetch import address
from buildhub.archive.session import Archive
from buildhub.errors import Unavailable
from buildhub.events.messages.message import NOT_WRITTEN
from buildhub.events.verdict import DONE, OUT_OF_REACH, Fate, Verdict
from buildhub.publish.server import Server
from buildhub.rules.build import Build
from buildhub.rules.expiry import expiry_change, may_have_expired
from buildhub.rules.paths import parse_path

# Two writers that meet take turns; this many in a row are no coincidence.
_TURNS = 5

NOT_EXPIRED = "deleted-before-its-time"


class Removals:
    """Marks the records of candidates that the archive has deleted.

    Other records of deleted files are left to audits, which see whether they are in another place.

    Args:
        archive: that is asked whether a file is really gone: events come late, and in any order.
        server: with the records.
        products: whose files are wanted, in a record's spelling.
        skipped: takes the reasons for which nothing is done.
    """

    def __init__(
        self, archive: Archive, server: Server, products: frozenset[str], skipped: Counter[str]
    ) -> None:
        self._archive = archive
        self._server = server
        self._products = products
        self._skipped = skipped

    async def mark(self, path: str) -> Verdict:
        """Mark the record of a deleted file, if it is one that has expired."""
        build = parse_path(path)
        if not isinstance(build, Build) or build.candidate_number is None:
            return self._skip(NOT_WRITTEN)
        if build.product not in self._products:
            return self._skip(NOT_WRITTEN)
        try:
            if await self._archive.fetcher.head(address(self._archive.root, path)) is not None:
                return self._skip(NOT_WRITTEN)
        except Unavailable as exc:
            return Verdict(Fate.RETRY, f"{OUT_OF_REACH}: {exc}")
        return await self._mark_record(build)

    async def _mark_record(self, build: Build) -> Verdict:
        for _ in range(_TURNS):
            record = (await self._server.fetch_records([build.record_id])).get(build.record_id)
            if record is None or record["download"]["url"] != f"{self._archive.root}{build.path}":
                return self._skip(NOT_WRITTEN)
            if "expired" in record["download"]:
                return DONE
            now = datetime.now(UTC)
            if not may_have_expired(record, now):
                return self._skip(NOT_EXPIRED)
            version = record["last_modified"]
            if await self._server.patch_if_unchanged(build.record_id, version, expiry_change(now)):
                return DONE
        return Verdict(Fate.RETRY, f"written-by-others: {build.record_id}")

    def _skip(self, reason: str) -> Verdict:
        self._skipped[reason] += 1
        return Verdict(Fate.SKIPPED, reason)
