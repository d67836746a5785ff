"""Records as lines of JSON, put together quickly.

A build and its neighbours, which are the same build in other languages, differ in five values
only. So the rule, :func:`buildhub.rules.records.build_record`, makes the record of the first of
them, and what its JSON has around these values is a mould for the lines of the others.
"""

from typing import Any

import orjson

from buildhub.rules.build import Build
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata
from buildhub.rules.records import build_record, own_values

# A value that no record has, and where it stands in JSON.
_HOLE = "\0"
_HOLE_JSON = orjson.dumps(_HOLE).decode()

# In the order of keys neighbours follow each other, among those of a few other platforms. So many
# take some megabytes.
_REMEMBERED = 2048


class Mould:
    """What the lines of a build and its neighbours have in common.

    Attributes:
        record: of the build that it was made for.
        metadata: what was found for all of them, or None.
        pieces: the text of the JSON before, between and after the values of their own.
    """

    __slots__ = ("metadata", "pieces", "record")

    def __init__(self, record: dict[str, Any], metadata: Metadata | None) -> None:
        self.record = record
        self.metadata = metadata
        holes = {
            "id": _HOLE,
            "target": record["target"] | {"locale": _HOLE},
            "download": record["download"] | dict.fromkeys(("url", "size", "date"), _HOLE),
        }
        text = orjson.dumps(record | holes).decode() + "\n"
        self.pieces = tuple(text.split(_HOLE_JSON))


class LineMaker:
    """Makes records' lines, for the archive at *archive_url*."""

    def __init__(self, archive_url: str) -> None:
        self._archive_url = archive_url
        self._moulds: dict[tuple[object, ...], Mould] = {}

    def find_mould(
        self, build: Build, entry: Entry, metadata: Metadata | None, candidate_number: int | None
    ) -> Mould:
        """Return the mould for a build; the arguments are those of :func:`build_record`."""
        key = (candidate_number, build.shared)
        mould = self._moulds.get(key)
        # What was found for neighbours is one object, and that is quick to see.
        if mould is None or mould.metadata is not metadata:
            if len(self._moulds) >= _REMEMBERED:
                self._moulds.clear()
            record = build_record(
                build,
                entry,
                metadata,
                archive_url=self._archive_url,
                candidate_number=candidate_number,
            )
            mould = self._moulds[key] = Mould(record, metadata)
        return mould

    def make_line(self, mould: Mould, build: Build, entry: Entry) -> bytes:
        """Return the line of the record that :func:`build_record` would make of the same."""
        first, second, third, fourth, fifth, last = mould.pieces
        record_id, locale, url, size, date = own_values(build, entry, self._archive_url)
        # All but the address is made of characters that JSON has as they are.
        quoted_url = orjson.dumps(url).decode()
        return (
            f'{first}"{record_id}"{second}"{locale}"{third}{quoted_url}{fourth}{size}'
            f'{fifth}"{date}"{last}'
        ).encode()
