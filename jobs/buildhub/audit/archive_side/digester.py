"""From the builds of the archive to digests of the records that they should have."""

from datetime import datetime
from typing import Any

import structlog

from buildhub.audit.archive_side.expected import BuildState
from buildhub.audit.comparable import SelectComparable, digest
from buildhub.audit.scope import wants_build
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.records.derive import UNKNOWN, Deriver
from buildhub.rules.build_file import BuildFile
from buildhub.rules.records import is_complete
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

DigestedBuild = tuple[BuildFile, BuildState, bytes]
"""A build, its state, and the digest of its record's comparable fields."""


async def derive_expected(deriver: Deriver, each: BuildFile) -> dict[str, Any]:
    """Return the record that a build should have, its size as exact as the archive shows it.

    Raises:
        Unavailable: its metadata cannot be fetched now.
    """
    build, entry = each
    if entry.rounded is None:
        return (await deriver.derive_record(each)).record
    record = (await deriver.derive_record(BuildFile(build, entry._replace(size=0)))).record
    record["download"]["size"] = entry.rounded
    return record


class Digester:
    """Digests the records of builds, in the place where a load has its :class:`Deriver`.

    Args:
        deriver: derives records.
        scope: other builds are only noted to exist.
        comparable: selects the fields that are compared.
        modified_until: files that changed later need not be in the catalogue; None is all.

    Attributes:
        versions: products and versions that the archive has.
    """

    def __init__(
        self,
        deriver: Deriver,
        scope: Scope,
        comparable: SelectComparable,
        modified_until: datetime | None,
    ) -> None:
        self._deriver = deriver
        self._scope = scope
        self._comparable = comparable
        self._modified_until = modified_until
        self.versions: set[tuple[str, str]] = set()

    async def derive(self, builds: list[BuildFile], read_counts: ReadCounts) -> list[DigestedBuild]:
        """Return *builds* with their states and digests.

        Raises:
            ArchiveDown: the archive has stopped answering.
        """
        return [(each, *await self._digest(each, read_counts)) for each in builds]

    async def _digest(self, each: BuildFile, read_counts: ReadCounts) -> tuple[BuildState, bytes]:
        self.versions.add((each.build.product, each.build.version))
        if not wants_build(self._scope, each):
            return BuildState.OUT_OF_SCOPE, b""
        if self._modified_until is not None and each.entry.modified > self._modified_until:
            return BuildState.OPTIONAL, b""
        try:
            record = await derive_expected(self._deriver, each)
        except ArchiveDown:
            raise
        except Unavailable as exc:
            read_counts.unsettled[UNKNOWN] += 1
            log.warning("metadata_out_of_reach", path=each.build.path, error=str(exc))
            return BuildState.WITHOUT_METADATA, b""
        if self._deriver.skip_incomplete and not is_complete(record):
            return BuildState.OPTIONAL, b""
        return BuildState.EXPECTED, digest(self._comparable(record))
