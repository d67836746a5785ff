"""From the rows of an inventory to the builds among them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from buildhub.archive.bucket.objects import parse_md5
from buildhub.archive.values import decode_key, parse_modified, parse_size
from buildhub.counts.read import ReadCounts
from buildhub.inventory.rows import Rows
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.fast.path_cache import PathCache
from buildhub.rules.fast.prefilter import find_possible_builds
from buildhub.rules.paths import Build, SkipReason
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

TOO_YOUNG = "changed-too-recently"
TOO_OLD = "changed-too-long-ago"
OTHER_PRODUCT = "product-not-asked-for"
UNREADABLE_ROW = "unreadable-row"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Which builds are wanted.

    Attributes:
        products: in a record's spelling.
        newest: files that changed after this moment are left out; None takes all.
        oldest: files that changed before this moment are left out; None takes all.
    """

    products: frozenset[str]
    newest: datetime | None = None
    oldest: datetime | None = None
    _paths: PathCache = field(default_factory=PathCache, init=False, repr=False, compare=False)

    def recognise(self, rows: Rows, read_counts: ReadCounts, *, name: str) -> list[BuildFile]:
        """Return the builds among *rows*, in their order, and count all of them.

        Args:
            rows: of an inventory.
            read_counts: takes the counts.
            name: of the inventory's part, for messages.
        """
        read_counts.rows += len(rows.keys)
        found: list[BuildFile] = []
        for position in find_possible_builds(rows.keys, read_counts.skipped):
            build = self._paths.parse(decode_key(rows.keys[position]))
            if isinstance(build, SkipReason):
                # As `.value`, which is a function call.
                read_counts.skipped[build._value_] += 1
            elif build.product not in self.products:
                read_counts.skipped[OTHER_PRODUCT] += 1
            else:
                md5 = rows.md5s[position] if rows.md5s else ""
                values = (rows.sizes[position], rows.modified[position], md5)
                self._add(found, build, values, read_counts, name)
        read_counts.builds += len(found)
        return found

    def _add(
        self,
        found: list[BuildFile],
        build: Build,
        values: tuple[str, str, str],
        read_counts: ReadCounts,
        name: str,
    ) -> None:
        """Add a build to *found*, unless its file is too young or its values cannot be read.

        Args:
            values: size, modified time and MD5 of its file, as texts.
        """
        size_text, modified_text, md5_text = values
        try:
            size, modified = parse_size(size_text), parse_modified(modified_text)
            md5 = parse_md5(md5_text) if md5_text else None
        except ValueError as exc:
            log.warning("row_unreadable", part=name, path=build.path, error=str(exc))
            read_counts.note_unsettled(build.path, UNREADABLE_ROW)
            return
        if self.newest is not None and modified > self.newest:
            read_counts.skipped[TOO_YOUNG] += 1
            return
        if self.oldest is not None and modified < self.oldest:
            read_counts.skipped[TOO_OLD] += 1
            return
        found.append(BuildFile(build, Entry(build.path, size, modified, md5=md5)))


def make_recogniser(settings: Settings) -> Recogniser:
    """Return which builds *settings* ask for."""
    return Recogniser(
        settings.products, _hours_ago(settings.min_age_hours), _hours_ago(settings.max_age_hours)
    )


def _hours_ago(hours: float) -> datetime | None:
    return datetime.now(UTC) - timedelta(hours=hours) if hours else None
