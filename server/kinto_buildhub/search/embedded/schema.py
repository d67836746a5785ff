"""A collection's mapping as a Tantivy schema, and a record as a Tantivy document.

Fields are numbered, since names in a mapping may be anything. Texts that are compared as a whole,
whole numbers, and broken numbers are the three kinds that Tantivy sees: dates are milliseconds and
truth values 0 and 1, because its own dates are cut to seconds.
"""

import base64
import re
from functools import cached_property
from typing import Any

import orjson
import tantivy

from kinto_buildhub.search.embedded.term_ordinals import Ordinals
from kinto_buildhub.search.mapping import FLOAT_TYPES, IGNORE_ABOVE, Field, Mapping, iter_values
from kinto_buildhub.search.source import dump_json, load_json
from kinto_buildhub.search.values import record_value

ID = "_id"
AT = "_at"  # last_modified
SOURCE = "_source"

_ANALYZER = "words"

# Letters and digits of any script; what stands between two of them (as in `53.0`, `it's`) does
# not split. Close to what Elasticsearch's standard analyzer does.
_WORD = r"[\p{L}\p{N}\p{M}_]+(?:['.:\x{2019}\x{B7}][\p{L}\p{N}\p{M}_]+)*"

# How records end as the storage gives them. What stands there is the record's own: a brace closes
# the record, and within a text the quotes would have backslashes before them.
_LAST_ID = re.compile(rb',"id":"([\w-]+)","last_modified":\d+\}$')
_LAST_BYTES = 300


class Fields:
    """The fields of one index.

    Attributes:
        mapping: as the collection tells it.
        schema: the same for Tantivy.
        names: Tantivy's name for each field.
        numbered: Tantivy's names of those whose texts have numbers.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.names = {name: f"f{number}" for number, name in enumerate(sorted(mapping.fields))}
        self._plan = [
            (inner, mapping.fields[name], mapping.fields[name].source)
            for name, inner in self.names.items()
        ]
        builder = tantivy.SchemaBuilder()
        builder.add_text_field(ID, fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_integer_field(AT, indexed=True, fast=True)
        builder.add_bytes_field(SOURCE, stored=True)
        for name, inner in self.names.items():
            _add_field(builder, mapping.fields[name], inner)
        self.numbered = [i for i, field, _ in self._plan if field.type == "keyword"]
        for inner in self.numbered:
            builder.add_integer_field(number_field(inner), fast=True)
        self.schema = builder.build()

    @cached_property
    def analyzer(self) -> Any:
        """What splits texts in words."""
        return (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
            .filter(tantivy.Filter.lowercase())
            .build()
        )

    @cached_property
    def parser(self) -> Any:
        """An empty index, to read queries in Tantivy's own syntax with."""
        index = tantivy.Index(self.schema)
        self.register(index)
        return index

    def register(self, index: Any) -> None:
        """Tell an opened index how its texts are split."""
        index.register_tokenizer(_ANALYZER, self.analyzer)
        raw = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).build()
        index.register_fast_field_tokenizer(_ANALYZER, raw)

    def document(
        self, record: dict[str, Any], record_id: str, timestamp: int, ordinals: Ordinals
    ) -> str:
        """Return the record as Tantivy takes it, as JSON: so it reads while we go on."""
        document: dict[str, Any] = {
            ID: record_id,
            AT: timestamp,
            SOURCE: base64.b64encode(dump_json(record)).decode(),
        }
        for inner, field, path in self._plan:
            value: Any = record
            for step in path:
                value = value.get(step) if type(value) is dict else None
                if type(value) is list:
                    break
            if value is None:
                continue
            if type(value) is str and field.type == "keyword" and value.isascii():
                # Nearly all values are like this.
                if len(value) <= IGNORE_ABOVE:
                    document[inner] = value
                    if (number := ordinals.number(inner, value)) is not None:
                        document[number_field(inner)] = number
            elif values := _values(field, record):
                document[inner] = values
                if field.type == "keyword":
                    numbers = [ordinals.number(inner, str(each)) for each in values]
                    if None not in numbers:
                        document[number_field(inner)] = numbers
        return orjson.dumps(document).decode()


def stored_record(searcher: Any, address: Any) -> tuple[str, bytes]:
    """Return the ID of a record and the record as JSON, without reading all of it."""
    content: bytes = searcher.doc(address).get_first(SOURCE)
    found = _LAST_ID.search(content, max(0, len(content) - _LAST_BYTES))
    record_id = str(load_json(content).get("id", "")) if found is None else found[1].decode()
    return record_id, content


def number_field(inner: str) -> str:
    """Return the name of the field that holds the numbers of a keyword field's texts."""
    return f"{inner}n"


def _values(field: Field, record: dict[str, Any]) -> list[str | int | float]:
    values = [record_value(field, value) for value in iter_values(field, record)]
    found = [value for value in values if value is not None]
    # Texts are a set, as in Elasticsearch.
    return list(dict.fromkeys(found)) if field.is_keyword else found


def _add_field(builder: Any, field: Field, inner: str) -> None:
    if field.type == "text":
        builder.add_text_field(inner, fast=True, tokenizer_name=_ANALYZER)
    elif field.is_keyword:
        builder.add_text_field(inner, fast=True, tokenizer_name="raw", index_option="basic")
    elif field.type in FLOAT_TYPES:
        builder.add_float_field(inner, indexed=True, fast=True)
    else:
        builder.add_integer_field(inner, indexed=True, fast=True)
