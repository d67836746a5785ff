"""From the builds of the archive to the lines that stand for their records."""

from datetime import datetime
from typing import Any

import structlog

from buildhub.audit.comparable import Facts, digest
from buildhub.audit.expected import State
from buildhub.audit.scope import wants_build
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.records.derive import UNKNOWN, Deriver
from buildhub.rules.build_file import BuildFile
from buildhub.rules.records import is_complete
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

Digested = tuple[BuildFile, State, bytes]
"""A build, what is known of it, and the digest of its record's facts."""


async def describe(deriver: Deriver, each: BuildFile) -> dict[str, Any]:
    """Return the record that a build should have, its size as exactly as the archive told it.

    Raises:
        Unavailable: its metadata cannot be had now.
    """
    build, entry = each
    if entry.rounded is None:
        return (await deriver.derive_record(each)).record
    record = (await deriver.derive_record(BuildFile(build, entry._replace(size=0)))).record
    record["download"]["size"] = entry.rounded
    return record


class Digester:
    """Makes the lines of the archive's side, as a :class:`Deriver` makes records.

    Args:
        deriver: works out records.
        scope: what the audit is about; other builds are only known to be there.
        facts: what of a record is compared.
        newest: files that changed after this moment need not be in the catalogue; None is all.

    Attributes:
        versions: products and versions that the archive has.
    """

    def __init__(
        self,
        deriver: Deriver,
        scope: Scope,
        facts: Facts,
        newest: datetime | None,
    ) -> None:
        self._deriver = deriver
        self._scope = scope
        self._facts = facts
        self._newest = newest
        self.versions: set[tuple[str, str]] = set()

    async def derive(self, builds: list[BuildFile], read_counts: ReadCounts) -> list[Digested]:
        """Return *builds* with what is known of them.

        Raises:
            ArchiveDown: nothing can be had any more.
        """
        return [(each, *await self._judge(each, read_counts)) for each in builds]

    async def _judge(self, each: BuildFile, read_counts: ReadCounts) -> tuple[State, bytes]:
        self.versions.add((each.build.product, each.build.version))
        if not wants_build(self._scope, each):
            return State.OUTSIDE, b""
        if self._newest is not None and each.entry.modified > self._newest:
            return State.OPTIONAL, b""
        try:
            record = await describe(self._deriver, each)
        except ArchiveDown:
            raise
        except Unavailable as exc:
            read_counts.unsettled[UNKNOWN] += 1
            log.warning("metadata_out_of_reach", path=each.build.path, error=str(exc))
            return State.OUT_OF_REACH, b""
        if self._deriver.skip_incomplete and not is_complete(record):
            return State.OPTIONAL, b""
        return State.KNOWN, digest(self._facts(record))
