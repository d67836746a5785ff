"""The newest builds of a product, collected while all its builds pass by.

They are those of ``/v1/latest``: per channel, platform and locale, with ``esr`` for the ESR that
most people should have, and ``esr-next`` for the newer one while two overlap. What is kept grows
with these, not with the builds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from buildhub_schema.newest.esr import ESR, ESR_NEXT, esr_major, find_esrs
from buildhub_schema.newest.order import may_be_newest, newness

from buildhub.export.documents import Document, field_text, field_value

Cell = tuple[str, str]
"""A platform and a locale."""

Cells = dict[Cell, Document]


@dataclass(frozen=True, slots=True)
class _Slot:
    """What one build is the newest of. Each ESR has slots of its own."""

    channel: str
    major: int | None
    cell: Cell


class NewestBuilds:
    """The newest of the builds of one product that were seen."""

    def __init__(self) -> None:
        self._builds: dict[_Slot, Document] = {}
        self._esr_dates: dict[str, str] = {}

    def watch(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield records as they are, and keep those that may be the newest."""
        for document in documents:
            version = field_text(document, "target.version")
            if may_be_newest(version, field_value(document, "target.candidate")):
                self._keep(document, version)
            yield document

    def channels(self) -> Iterator[tuple[str, Cells]]:
        """Yield the channels and their newest builds, both in the order of their names."""
        esrs = find_esrs(self._esr_dates)
        channels = sorted({slot.channel for slot in self._builds})
        for channel in sorted({*channels, ESR_NEXT} if esrs.next else channels):
            if channel == ESR_NEXT and esrs.next:
                yield channel, self._cells(ESR, esrs.next)
            else:
                yield channel, self._cells(channel, esrs.esr if channel == ESR else ())

    def _keep(self, document: Document, version: str) -> None:
        channel = field_text(document, "target.channel")
        cell = field_text(document, "target.platform"), field_text(document, "target.locale")
        slot = _Slot(channel, esr_major(version) if channel == ESR else None, cell)
        self._builds[slot] = _newer(document, self._builds.get(slot))
        if channel == ESR and (moment := _built(document)):
            self._esr_dates[version] = max(moment, self._esr_dates.get(version, ""))

    def _cells(self, channel: str, versions: tuple[str, ...]) -> Cells:
        """Return the newest builds of a channel.

        Args:
            versions: only these; empty for all.
        """
        found: Cells = {}
        for slot, document in self._builds.items():
            is_meant = not versions or field_text(document, "target.version") in versions
            if slot.channel == channel and is_meant:
                found[slot.cell] = _newer(document, found.get(slot.cell))
        return dict(sorted(found.items()))


def newest_of(cells: Mapping[Cell, Document]) -> Document:
    """Return the newest build of a channel."""
    newest: Document | None = None
    for document in cells.values():
        newest = _newer(document, newest)
    return newest or {}


def _newer(document: Document, other: Document | None) -> Document:
    if other is None:
        return document
    one, two = _newness(document), _newness(other)
    if one == two:
        return min(document, other, key=lambda each: field_text(each, "id"))
    return document if one > two else other


def _newness(document: Document) -> tuple[str, str]:
    return newness(field_text(document, "target.version"), field_text(document, "build.id"))


def _built(document: Document) -> str:
    """Return when a build was built or else written, in UTC; "" for what is no time."""
    text = field_text(document, "build.date") or field_text(document, "download.date")
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""
