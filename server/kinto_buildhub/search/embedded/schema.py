"""A collection's mapping as a Tantivy schema, and a record as a Tantivy document.

Tantivy's fields are numbered, as names in a mapping may be anything. They are of three types: text
that is compared as a whole, integer and float. Dates are integers in milliseconds, because Tantivy
cuts its own dates to seconds. Booleans are 0 and 1.
"""

import base64
import re
from functools import cached_property
from typing import Any, NamedTuple

import orjson
import tantivy

from kinto_buildhub.search.embedded.term_ordinals import TermOrdinals
from kinto_buildhub.search.mapping import (
    FLOAT_TYPES,
    INTEGER_LIMITS,
    Field,
    Mapping,
    iter_values,
)
from kinto_buildhub.search.source import dump_json, load_json
from kinto_buildhub.search.values import record_value

ID = "_id"
AT = "_at"  # last_modified
SOURCE = "_source"
# The names of the fields in which a record has several values.
SEVERAL = "_several"
# Fields without any value, for aggregations that replace what is missing in an unknown field.
_NO_TEXT, _NO_NUMBER = "_no_text", "_no_number"

MIN_LONG, MAX_LONG = INTEGER_LIMITS["long"]

_ANALYZER = "words"

# Letters and digits of any script. A mark between two of them (as in `53.0`, `it's`) does not
# split. Close to what Elasticsearch's standard analyzer does.
_WORD = r"[\p{L}\p{N}\p{M}_]+(?:['.:\x{2019}\x{B7}][\p{L}\p{N}\p{M}_]+)*"

# How records end as the storage returns them. A match is always the record's own ID: a brace closes
# the record, and quotes within a text would have backslashes before them.
_LAST_ID = re.compile(rb',"id":"([\w-]+)","last_modified":\d+\}$')
_LAST_BYTES = 300


class IndexedField(NamedTuple):
    """A field of the mapping, with Tantivy's name for it."""

    field: Field
    tantivy_name: str


ID_FIELD = IndexedField(Field("_id", "keyword", ("id",)), ID)
# The order of the index is that of the changes; no two records of a collection share a timestamp.
DOC_FIELD = IndexedField(Field("_doc", "long", ("last_modified",)), AT)
EMPTY_TEXT_FIELD = IndexedField(Field(_NO_TEXT, "keyword", ()), _NO_TEXT)
EMPTY_NUMBER_FIELD = IndexedField(Field(_NO_NUMBER, "double", ()), _NO_NUMBER)


class Fields:
    """The fields of one index.

    Attributes:
        mapping: the collection's.
        schema: the same for Tantivy.
        names: Tantivy's name for each field.
        indexed: each field with that name.
        with_ordinals: Tantivy's names of the fields that have term ordinals.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.names = {name: f"f{number}" for number, name in enumerate(sorted(mapping.fields))}
        self.indexed = {
            name: IndexedField(mapping.fields[name], tantivy_name)
            for name, tantivy_name in self.names.items()
        }
        builder = tantivy.SchemaBuilder()
        builder.add_text_field(ID, fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_integer_field(AT, indexed=True, fast=True)
        builder.add_bytes_field(SOURCE, stored=True)
        builder.add_text_field(SEVERAL, tokenizer_name="raw", index_option="basic")
        builder.add_text_field(_NO_TEXT, fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_float_field(_NO_NUMBER, indexed=True, fast=True)
        for indexed in self.indexed.values():
            _add_field(builder, *indexed)
        self.with_ordinals = [
            name for field, name in self.indexed.values() if field.type == "keyword"
        ]
        for name in self.with_ordinals:
            builder.add_integer_field(ordinal_field(name), fast=True)
        self.schema = builder.build()

    @cached_property
    def analyzer(self) -> Any:
        """The analyzer of text fields."""
        return (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
            .filter(tantivy.Filter.lowercase())
            .build()
        )

    @cached_property
    def parser(self) -> Any:
        """An empty index, to parse queries in Tantivy's own syntax with."""
        index = tantivy.Index(self.schema)
        self.register(index)
        return index

    def register(self, index: Any) -> None:
        """Register the analyzers with an opened index."""
        index.register_tokenizer(_ANALYZER, self.analyzer)
        raw = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).build()
        index.register_fast_field_tokenizer(_ANALYZER, raw)

    def document(
        self, record: dict[str, Any], record_id: str, timestamp: int, term_ordinals: TermOrdinals
    ) -> str:
        """Return the record as a Tantivy document, in JSON."""
        document: dict[str, Any] = {
            ID: record_id,
            AT: timestamp,
            SOURCE: base64.b64encode(dump_json(record)).decode(),
        }
        assign = term_ordinals.assign
        several: list[str] = []
        for field, name in self.indexed.values():
            value: Any = record
            for step in field.source:
                value = value.get(step) if type(value) is dict else None
                if type(value) is list:
                    break
            if value is None:
                continue
            if type(value) is str and field.type == "keyword" and value.isascii():
                # Nearly all values are like this.
                if len(value) <= field.ignore_above:
                    document[name] = value
                    if (ordinal := assign(name, value)) is not None:
                        document[ordinal_field(name)] = ordinal
            elif values := _values(field, record):
                document[name] = values
                if len(values) > 1:
                    several.append(name)
                if field.type == "keyword":
                    ordinals = [assign(name, str(each)) for each in values]
                    if None not in ordinals:
                        document[ordinal_field(name)] = ordinals
        if several:
            document[SEVERAL] = several
        return orjson.dumps(document).decode()


def stored_record(searcher: Any, address: Any) -> tuple[str, bytes]:
    """Return the ID of a record and the record as JSON, without parsing all of it."""
    content: bytes = searcher.doc(address).get_first(SOURCE)
    found = _LAST_ID.search(content, max(0, len(content) - _LAST_BYTES))
    record_id = str(load_json(content).get("id", "")) if found is None else found[1].decode()
    return record_id, content


def ordinal_field(tantivy_name: str) -> str:
    """Return the name of the field that holds the term ordinals of a keyword field."""
    return f"{tantivy_name}_ordinal"


def _values(field: Field, record: dict[str, Any]) -> list[str | int | float]:
    values = [record_value(field, value) for value in iter_values(field, record)]
    found = [value for value in values if value is not None]
    # Texts are a set, as in Elasticsearch.
    return list(dict.fromkeys(found)) if field.is_keyword else found


def _add_field(builder: Any, field: Field, name: str) -> None:
    if field.type == "text":
        builder.add_text_field(name, fast=True, tokenizer_name=_ANALYZER)
    elif field.is_keyword:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    elif field.type in FLOAT_TYPES:
        builder.add_float_field(name, indexed=True, fast=True)
    else:
        builder.add_integer_field(name, indexed=True, fast=True)
