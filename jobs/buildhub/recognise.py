"""From the rows of an inventory to the builds among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from buildhub.archive.rows import decode_key, parse_modified, parse_size
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.tally import Tally

log = structlog.get_logger(__name__)

TOO_YOUNG = "changed-too-recently"
OTHER_PRODUCT = "product-not-asked-for"
UNREADABLE_ROW = "unreadable-row"


@dataclass(frozen=True, slots=True)
class Recognised:
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
        self, rows: Iterable[tuple[str, str, str]], tally: Tally, *, name: str
    ) -> Iterator[Recognised]:
        """Yield the builds among *rows* (key, size, modified time), counting all into *tally*.

        *name* is the inventory's part, for messages.
        """
        products, newest, skipped = self.products, self.newest, tally.skipped
        for key, size, modified in rows:
            tally.rows += 1
            path = decode_key(key)
            found = parse_path(path)
            if not isinstance(found, Build):
                skipped[found.reason.value] += 1
                continue
            if found.product not in products:
                skipped[OTHER_PRODUCT] += 1
                continue
            try:
                entry = Entry(path, parse_size(size), parse_modified(modified))
            except ValueError as exc:
                log.warning("row_unreadable", part=name, row=tally.rows, path=path, error=str(exc))
                tally.unsettled[UNREADABLE_ROW] += 1
                continue
            if newest is not None and entry.modified > newest:
                skipped[TOO_YOUNG] += 1
                continue
            tally.builds += 1
            yield Recognised(found, entry)
