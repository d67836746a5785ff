"""From builds to records: find the metadata, and derive the record."""

from typing import Any, NamedTuple

import structlog

from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.rules.build_file import BuildFile
from buildhub.rules.fast.record_templates import RecordTemplates
from buildhub.rules.metadata import Metadata
from buildhub.rules.metadata_paths import has_metadata
from buildhub.rules.paths import Build
from buildhub.rules.records import build_record, is_complete

log = structlog.get_logger(__name__)

INCOMPLETE = "without-metadata"
UNKNOWN = "metadata-out-of-reach"


class Derived(NamedTuple):
    """A build and its record, as a line of JSON.

    Attributes:
        has_full_metadata: metadata was found, in the form that has everything, or the product
            has none. Without it, or with a text in its place, looking again later may find more.
    """

    build: Build
    line: bytes
    has_full_metadata: bool = True


class DerivedRecord(NamedTuple):
    """A record, and whether a metadata file describes the build."""

    record: dict[str, Any]
    has_metadata: bool


class Deriver:
    """Makes records.

    Attributes:
        finder: finds metadata.
        archive_url: what download addresses start with.
        skip_incomplete: leave out builds without a build ID.
    """

    def __init__(
        self, finder: FindsMetadata, archive_url: str, skip_incomplete: bool = False
    ) -> None:
        self.finder = finder
        self.archive_url = archive_url
        self.skip_incomplete = skip_incomplete
        self._templates = RecordTemplates(archive_url)

    async def derive(self, builds: list[BuildFile], read_counts: ReadCounts) -> list[Derived]:
        """Return the records of *builds*, in their order.

        A build whose metadata cannot be had now is left out and counted: as a record without
        them it would take the place of the complete one that may be stored.

        Raises:
            ArchiveDown: nothing can be had any more.
        """
        derived = []
        templates = set()
        for each in builds:
            build, entry = each
            try:
                metadata, number = await self.finder.find_metadata(build, entry)
            except ArchiveDown:
                raise
            except Unavailable as exc:
                read_counts.note_unsettled(build.path, UNKNOWN)
                log.warning("metadata_out_of_reach", path=build.path, error=str(exc))
                continue
            template = self._templates.find_template(build, entry, metadata, number)
            if self.skip_incomplete and not is_complete(template.record):
                read_counts.skipped[INCOMPLETE] += 1
                continue
            templates.add(template)
            line = template.fill(build, entry)
            is_full = _is_full(metadata) or not has_metadata(build)
            derived.append(Derived(build, line, is_full))
        for template in templates:
            read_counts.newest.note(template.record)
        return derived

    async def derive_record(self, each: BuildFile) -> DerivedRecord:
        """Return the record of one build.

        Raises:
            Unavailable: its metadata cannot be had now, which is not to say that there is none.
        """
        found = await self.finder.find_metadata(each.build, each.entry)
        record = build_record(
            each.build,
            each.entry,
            found.metadata,
            archive_url=self.archive_url,
            candidate_number=found.candidate_number,
        )
        return DerivedRecord(record, found.metadata is not None)


def _is_full(metadata: Metadata | None) -> bool:
    """Return whether metadata is in the form that has everything: JSON. A text may come first."""
    return metadata is not None and metadata.path is not None and metadata.path.endswith(".json")
