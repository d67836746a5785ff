"""From the rows of an inventory to the builds among them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import structlog

from buildhub.archive.rows import Columns, decode_key, parse_modified, parse_size
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.tally import Tally

log = structlog.get_logger(__name__)

TOO_YOUNG = "changed-too-recently"
OTHER_PRODUCT = "product-not-asked-for"
UNREADABLE_ROW = "unreadable-row"


class Recognised(NamedTuple):
    """A build, and the file that it is."""

    build: Build
    entry: Entry


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Which builds are wanted.

    Attributes:
        products: in a record's spelling.
        newest: files that changed after this moment are left out; None takes all.
    """

    products: frozenset[str]
    newest: datetime | None = None

    def recognise(
        self, rows: list[list[str]], columns: Columns, tally: Tally, *, name: str
    ) -> list[Recognised]:
        """Return the builds among *rows*, in their order, and count all of them.

        Args:
            rows: of an inventory, each as wide as *columns* say.
            columns: where in a row the values stand.
            tally: takes the counts.
            name: of the inventory's part, for messages.
        """
        tally.rows += len(rows)
        place, skipped = columns.key, tally.skipped
        found: list[Recognised] = []
        for row in rows:
            key = row[place]
            path = decode_key(key) if "+" in key or "%" in key else key
            build = parse_path(path)
            if isinstance(build, Build):
                self._add(found, build, row, columns, tally, name)
            else:
                # As `.value`, which is a function call; two rows in three come by here.
                skipped[build.reason._value_] += 1
        tally.builds += len(found)
        return found

    def _add(
        self,
        found: list[Recognised],
        build: Build,
        row: list[str],
        columns: Columns,
        tally: Tally,
        name: str,
    ) -> None:
        """Add a build to *found*, unless it is not wanted, or its file cannot be judged."""
        if build.product not in self.products:
            tally.skipped[OTHER_PRODUCT] += 1
            return
        try:
            size, modified = parse_size(row[columns.size]), parse_modified(row[columns.modified])
        except ValueError as exc:
            log.warning("row_unreadable", part=name, path=build.path, error=str(exc))
            tally.leave(build.path, UNREADABLE_ROW)
            return
        if self.newest is not None and modified > self.newest:
            tally.skipped[TOO_YOUNG] += 1
            return
        found.append(Recognised(build, Entry(build.path, size, modified)))
