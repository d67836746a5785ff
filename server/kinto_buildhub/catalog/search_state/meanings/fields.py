"""``field:value``: a field by any of its names, and a value such as the field has."""

import difflib
import re
from collections.abc import Callable, Mapping
from functools import partial

from buildhub_schema.fields import FIELDS, Kind

from kinto_buildhub.catalog.columns import COLUMNS, FACETS
from kinto_buildhub.catalog.search_state.clauses import (
    any_of,
    equals,
    exists,
    in_range,
    starts_with,
)
from kinto_buildhub.catalog.search_state.meanings.addresses import URL, address_meaning
from kinto_buildhub.catalog.search_state.meanings.dates import meaning_of_days
from kinto_buildhub.catalog.search_state.meanings.facet_values import meaning_in_facet
from kinto_buildhub.catalog.search_state.meanings.identifiers import (
    BUILD_ID,
    RECORD_ID,
    REVISION,
    build_id_meaning,
    record_id_meaning,
    revision_meaning,
)
from kinto_buildhub.catalog.search_state.meanings.versions import FIELD as VERSION
from kinto_buildhub.catalog.search_state.meanings.versions import version_meaning
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

Understand = Callable[[str, Vocabulary], Meaning | None]

_KINDS: Mapping[str, Kind] = {"id": Kind.KEYWORD} | {field.name: field.kind for field in FIELDS}
_LABELS: Mapping[str, str] = (
    {column.field: column.label for column in COLUMNS}
    | {facet.field: facet.label for facet in FACETS}
    | {REVISION: "Revision", RECORD_ID: "Record ID", "build.number": "Build number"}
)

NAMES: Mapping[str, str] = (
    {field.leaf: field.name for field in reversed(FIELDS)}
    | {column.name: column.field for column in COLUMNS}
    | {facet.name: facet.field for facet in FACETS}
    | {name: name for name in _KINDS}
    | {"buildid": BUILD_ID, "build_id": BUILD_ID, "rev": REVISION, "changeset": REVISION}
    | {"record": RECORD_ID, "date": "download.date", "built": "build.date", "lang": "target.locale"}
)
"""The names of fields that may be before a colon, and the field of each."""

_UNDERSTAND: Mapping[str, Understand] = {
    VERSION: version_meaning,
    BUILD_ID: build_id_meaning,
    REVISION: revision_meaning,
    RECORD_ID: record_id_meaning,
    URL: address_meaning,
} | {facet.field: partial(meaning_in_facet, facet) for facet in FACETS if facet.field != VERSION}
"""Fields whose values have more than one spelling. What is not understood is compared as it is."""

_NUMBER = re.compile(r"(?P<sign>[<>]=?|)(?P<first>-?[0-9]{1,18})(?:\.\.(?P<last>-?[0-9]{1,18}))?")
_BOUNDS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_NAME = re.compile(r"[A-Za-z][A-Za-z_.]*")


def field_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a field with a value, or with several: ``locale:fr,de``, ``tree:*``."""
    name, _, text = word.partition(":")
    field = NAMES.get(name.casefold())
    if field is None or not text:
        return None
    if text == "*":
        return Meaning(_label(field), "any", exists(field), field)
    meanings = [_value_meaning(field, each, vocabulary) for each in text.split(",") if each]
    understood = [meaning for meaning in meanings if meaning is not None]
    if not understood or len(understood) < len(meanings):
        return None
    shown = " or ".join(meaning.value for meaning in understood)
    clause = any_of([each.clause for each in understood])
    return Meaning(understood[0].label, shown, clause, field)


def field_hint(word: str) -> str:
    """Return what may be wrong with a word that looks like a field and a value, or ""."""
    name, colon, text = word.partition(":")
    if not colon or not _NAME.fullmatch(name):
        return ""
    field = NAMES.get(name.casefold())
    if field is None:
        close = difflib.get_close_matches(name.casefold(), NAMES, n=1)
        return f"There is no field {name}" + (f"; is {close[0]} meant?" if close else ".")
    if not text:
        return f"{name} has no value."
    if _KINDS[field] is Kind.LONG:
        return f"{name} is a number: {name}:100, {name}:>100 or {name}:100..200."
    return f"{name} is a date: {name}:2017-06-01, {name}:2017-06 or {name}:2017..2018."


def _value_meaning(field: str, text: str, vocabulary: Vocabulary) -> Meaning | None:
    kind = _KINDS[field]
    if kind is Kind.DATE:
        return meaning_of_days(field, _label(field), text)
    if kind is Kind.LONG:
        return _number_meaning(field, text)
    meaning = _UNDERSTAND[field](text, vocabulary) if field in _UNDERSTAND else None
    if meaning is not None:
        return meaning
    if text.endswith("*"):
        beginning = text.removesuffix("*")
        return Meaning(_label(field), f"{beginning}…", starts_with(field, beginning), field)
    return Meaning(_label(field), text, equals(field, text), field)


def _number_meaning(field: str, text: str) -> Meaning | None:
    found = _NUMBER.fullmatch(text)
    if found is None or (found["sign"] and found["last"]):
        return None
    first = int(found["first"])
    if found["last"]:
        clause = in_range(field, gte=first, lte=int(found["last"]))
    elif found["sign"]:
        clause = in_range(field, **{_BOUNDS[found["sign"]]: first})
    else:
        clause = equals(field, first)
    return Meaning(_label(field), text, clause, field)


def _label(field: str) -> str:
    return _LABELS.get(field, field)
