"""The page of one record: each field with its meaning, and the rule that it was inferred by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from buildhub_schema.fields import FIELDS
from kinto.core.storage.exceptions import ObjectNotFoundError

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.missing import MissingPage
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.records import (
    URL,
    download_address,
    field_text,
    field_value,
    is_candidate,
    record_entry,
    record_title,
)
from kinto_buildhub.catalog.pages.source_links import source_link
from kinto_buildhub.catalog.pages.texts import web_address
from kinto_buildhub.catalog.paths import build_path, version_path
from kinto_buildhub.catalog.searches.completeness import (
    Completeness,
    find_completeness,
    read_coverage,
)
from kinto_buildhub.request_hooks.old_record_ids import find_current_id
from kinto_buildhub.search.index_names import IndexId


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of the record.

    Attributes:
        name: as in a filter, ``target.version``.
        value: as in the record.
        meaning: plain text, names of fields and values between double backticks.
        inferred: the rule, in the same form; "" if it is as the archive has it.
    """

    name: str
    value: Any
    meaning: str
    inferred: str = ""


# What every record has beside the fields of builds: meaning, rule.
_OWN = {
    "id": (
        "Name of the record, which stays the same.",
        "Product, channel, version, platform and locale, in lower case, with dots as dashes; "
        "``release`` and ``esr`` are left out, nightlies have the date of their folder.",
    ),
    "schema": ("Version of the JSON schema that the record was checked against.", ""),
    "last_modified": ("When the server stored it, in milliseconds since 1970.", ""),
}


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A record as it is stored.

    Attributes:
        fields: those that it has, in the documented order.
        missing: names of those that it has not.
    """

    record: Mapping[str, Any]
    fields: tuple[FieldValue, ...]
    missing: tuple[str, ...]
    completeness: Completeness

    template = "record.jinja2"
    status = 200

    @property
    def record_id(self) -> str:
        """Its name."""
        return str(self.record["id"])

    @property
    def title(self) -> str:
        """What was built."""
        return record_title(self.record)

    @property
    def description(self) -> str:
        """What kind of build, and where from."""
        kind = "A candidate" if is_candidate(self.record) else "A build"
        build_id = field_text(self.record, "build.id")
        return f"{kind} with the ID {build_id}." if build_id else f"{kind} whose ID is not known."

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        return {
            "record": self.record,
            "record_id": self.record_id,
            "fields": self.fields,
            "missing": self.missing,
            "is_candidate": is_candidate(self.record),
            "build_id": field_text(self.record, "build.id"),
            "download": self._download,
            "expired": field_text(self.record, "download.expired"),
            "source": self._source,
        }

    @property
    def _download(self) -> str:
        """The address of the file, if pages may link to it; else ""."""
        return web_address(field_text(self.record, URL))

    @property
    def _source(self) -> str | None:
        source = self.record.get("source")
        if not isinstance(source, Mapping):
            return None
        return source_link(source.get("repository"), source.get("revision"))

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""
        return {
            "record": self.record,
            "fields": [
                {
                    "name": each.name,
                    "value": each.value,
                    "meaning": each.meaning,
                    "inferred": each.inferred or None,
                }
                for each in self.fields
            ],
            "missing": self.missing,
            "download": self._download or None,
            "source": self._source,
        }

    def table(self) -> Table:
        """Return a row for each field."""
        rows = [
            (
                each.name,
                download_address(self.record) if each.name == URL else each.value,
                each.meaning,
                each.inferred,
            )
            for each in self.fields
        ]
        return Table(("field", "value", "meaning", "inferred"), rows)

    def entries(self) -> Sequence[Entry]:
        """Return the record as the only entry."""
        return [record_entry(self.record)]

    def related(self) -> Mapping[str, str]:
        """Return the pages of its build and its version."""
        build_id = field_text(self.record, "build.id")
        product = field_text(self.record, "source.product")
        version = field_text(self.record, "target.version")
        found = {"build": build_path(build_id)} if build_id else {}
        return found | ({"version": version_path(product, version)} if product and version else {})

    def requests(self) -> Sequence[ApiRequest]:
        """Return the request for the record."""
        return (ApiRequest(f"records/{self.record_id}"),)


def record_page(request: Any) -> RecordPage | MissingPage:
    """Return the page of the record that the address names, perhaps as older catalogues did.

    It is read from the storage, so it is there as soon as its write is answered, and when search
    is down.
    """
    record_id = str(request.matchdict["record_id"])
    completeness = find_completeness(read_coverage(request, searched=False))
    for each in (record_id, find_current_id(record_id)):
        record = None if each is None else _find_record(request, each)
        if record is not None:
            return describe_record(record, completeness)
    return MissingPage("record", record_id, completeness)


def record_question(request: Any) -> ApiRequest | None:
    """Return nothing: this page needs no search."""
    return None


def describe_record(record: Mapping[str, Any], completeness: Completeness) -> RecordPage:
    """Return the page of a record."""
    own = [FieldValue(name, record[name], *_OWN[name]) for name in _OWN if name in record]
    found, missing = own[:1], []
    for field in FIELDS:
        value = field_value(record, field.name)
        if value is None:
            missing.append(field.name)
        else:
            found.append(FieldValue(field.name, value, field.help, field.inferred))
    return RecordPage(record, (*found, *own[1:]), tuple(missing), completeness)


def _find_record(request: Any, record_id: str) -> Mapping[str, Any] | None:
    index = IndexId(*request.registry.buildhub_catalog_collection)
    try:
        found: Mapping[str, Any] = request.registry.storage.get(
            resource_name="record", parent_id=index.collection_uri, object_id=record_id
        )
    except ObjectNotFoundError:
        return None
    return found
