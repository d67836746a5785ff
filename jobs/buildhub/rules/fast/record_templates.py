"""Serializes records to JSON quickly: one template for all locales of a build.

Records of one build in different locales differ in five values only. So the record of the first
locale is built by the rule, :func:`buildhub.rules.records.build_record`, and the JSON around these
values is the template for the other locales.
"""

from typing import Any

import orjson

from buildhub.rules.build import Build
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata
from buildhub.rules.records import build_record, known_of_file, own_values

# A value that occurs in no record, and its JSON.
_GAP = "\0"
_GAP_JSON = orjson.dumps(_GAP).decode()

# Keys come in order, so the locales of a build follow each other, a few platforms at a time. This
# number of templates takes some megabytes.
_MAX_TEMPLATES = 2048


class RecordTemplate:
    """The JSON that all locales of a build have in common.

    Attributes:
        record: of the locale that it was made from.
        metadata: of all locales, or None.
    """

    __slots__ = ("_archive_url", "_pieces", "metadata", "record")

    def __init__(self, record: dict[str, Any], metadata: Metadata | None, archive_url: str) -> None:
        self.record = record
        self.metadata = metadata
        self._archive_url = archive_url
        download = record["download"]
        gaps = {
            "id": _GAP,
            "target": record["target"] | {"locale": _GAP},
            "download": {"url": _GAP, "size": _GAP, "mimetype": download["mimetype"], "date": _GAP},
        }
        text = orjson.dumps(record | gaps).decode() + "\n"
        self._pieces = tuple(text.split(_GAP_JSON))

    def fill(self, build: Build, entry: Entry) -> bytes:
        """Return the record that :func:`build_record` would build, as one line of JSON.

        Raises:
            ValueError: the entry's size is not known; names the path.
        """
        first, second, third, fourth, fifth, last = self._pieces
        record_id, locale, url, size, date = own_values(build, entry, self._archive_url)
        # Only the URL can contain characters that JSON escapes.
        quoted_url = orjson.dumps(url).decode()
        known = known_of_file(entry)
        more = f",{orjson.dumps(known).decode()[1:-1]}" if known else ""
        return (
            f'{first}"{record_id}"{second}"{locale}"{third}{quoted_url}{fourth}{size}'
            f'{fifth}"{date}"{more}{last}'
        ).encode()


class RecordTemplates:
    """The templates in use, for the archive at *archive_url*."""

    def __init__(self, archive_url: str) -> None:
        self._archive_url = archive_url
        self._templates: dict[tuple[object, ...], RecordTemplate] = {}

    def find_template(
        self, build: Build, entry: Entry, metadata: Metadata | None, candidate_number: int | None
    ) -> RecordTemplate:
        """Return the template for a build; the arguments are those of :func:`build_record`."""
        key = (candidate_number, build.shared_facts)
        template = self._templates.get(key)
        # All locales of a build are given the same Metadata object, so identity is enough.
        if template is None or template.metadata is not metadata:
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            record = build_record(
                build,
                entry,
                metadata,
                archive_url=self._archive_url,
                candidate_number=candidate_number,
            )
            template = self._templates[key] = RecordTemplate(record, metadata, self._archive_url)
        return template
