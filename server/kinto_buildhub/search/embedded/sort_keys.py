"""Sort keys of a request, and the sort values that hits show and ``search_after`` takes."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import DOC_FIELD, ID_FIELD, MAX_LONG, MIN_LONG
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date, parse_date
from kinto_buildhub.search.language.dates.date_math import split_math
from kinto_buildhub.search.language.dates.written_formats import check_written_format
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text, check_whole_number, query_number

_MAX_TEXT_LENGTH = 200


class Hit(NamedTuple):
    """One hit: its address, sort values, score, and its ID if sorting has read it."""

    address: Any
    values: tuple[Any, ...]
    score: float | None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key that the index can sort by.

    Attributes:
        key: as the request has it.
        field: the field of the mapping; None for the score.
        tantivy_name: the field's; None for the score.
    """

    key: tree.SortKey
    field: Field | None
    tantivy_name: str | None

    @property
    def is_id(self) -> bool:
        """Whether it is the record's ID, which every record has and no two share."""
        field = self.field
        return field is not None and field.type == "keyword" and field.source == ("id",)

    @property
    def is_ascending(self) -> bool:
        """Whether low values come first."""
        return self.key.order == "asc"


def resolve_sort_keys(execution: Execution, keys: tuple[tree.SortKey, ...]) -> list[SortKey]:
    """Return the keys with their fields, without unmapped fields.

    Raises:
        BadQuery: a field is unknown, is analyzed text, or has no numbers for the key's mode.
    """
    resolved = (_resolve_sort_key(execution, key) for key in keys)
    return [key for key in resolved if key is not None]


def _resolve_sort_key(execution: Execution, key: tree.SortKey) -> SortKey | None:
    if key.field in ("_doc", "_shard_doc"):
        return SortKey(key, *DOC_FIELD)
    if key.field == "_score":
        return SortKey(key, None, None)
    if key.field == "_id":
        return SortKey(key, *ID_FIELD)
    indexed = execution.compiler.field(key.field)
    if indexed is None:
        if key.unmapped:
            _check_options(key, Field(key.field, key.unmapped, ()))
            return None
        raise BadQuery(
            f"No mapping found for [{key.field}] in order to sort on",
            "sort",
            "query_shard_exception",
        )
    if indexed.field.type == "text":
        raise BadQuery(
            f"{key.field!r} is text that is split in words; sort by a keyword field",
            "sort",
            "illegal_argument_exception",
        )
    _check_options(key, indexed.field)
    return SortKey(key, *indexed)


def _check_options(key: tree.SortKey, field: Field) -> None:
    if key.mode in ("avg", "sum", "median") and field.is_keyword:
        raise BadQuery(
            f"mode {key.mode!r} works with numbers and dates, and {key.field!r} is a keyword",
            "sort",
            "query_shard_exception",
        )
    if key.format is not None and field.type != "date":
        raise BadQuery(
            f"format works with dates, and {key.field!r} is of type {field.type}", "sort"
        )
    if key.format is not None:
        check_written_format(key.format, "sort.format")
    if key.missing not in ("_last", "_first"):
        raise BadQuery("a value for 'missing' is not supported; expected _first or _last", "sort")


def parse_sort_value(execution: Execution, key: SortKey, value: Any) -> Any:
    """Return a value of ``search_after`` as the index holds it; None stands for no value.

    Raises:
        BadQuery: it does not fit the field.
    """
    if value is None or key.field is None:
        return value
    if isinstance(value, bool) and key.field.type not in ("boolean", "keyword"):
        raise BadQuery(
            f"expected no flag for field {key.key.field!r}, got {shown(value)}", "search_after"
        )
    if value == _missing_value(key):
        return None
    if key.field.is_keyword:
        text = as_text(value)
        if len(text) > _MAX_TEXT_LENGTH:
            raise BadQuery(f"a value has at most {_MAX_TEXT_LENGTH} characters", "search_after")
        return text
    check_whole_number(key.field, value)
    if key.field.type == "date" and isinstance(value, int) and not key.key.format:
        return value
    if key.field.type == "boolean" and type(value) is int:
        return value
    if key.field.type == "date":
        if split_math(str(value))[0] == "now":
            raise BadQuery(f"expected the date of a hit, got {shown(value)}", "search_after")
        now_ms = execution.compiler.now_ms
        return parse_date(value, "search_after", format_=key.key.format, now_ms=now_ms)
    if key.field.type in FLOAT_TYPES and value in ("Infinity", "-Infinity"):
        return float(value)
    number = query_number(key.field, value, "search_after")
    return float(number) if key.field.type in FLOAT_TYPES else int(number)


def sort_values(requested: tuple[tree.SortKey, ...], keys: list[SortKey], hit: Hit) -> list[Any]:
    """Return the content of a hit's ``sort``: a value for each key of the request."""
    if len(requested) == len(keys):
        return [_sort_value(key, value) for key, value in zip(keys, hit.values, strict=True)]
    by_key = {
        id(key.key): _sort_value(key, value) for key, value in zip(keys, hit.values, strict=True)
    }
    return [by_key[id(key)] if id(key) in by_key else _unmapped_value(key) for key in requested]


def _unmapped_value(key: tree.SortKey) -> Any:
    """Return the sort value of all records for a field that the mapping does not have."""
    field = Field(key.field, key.unmapped or "keyword", ())
    return _missing_value(SortKey(key, field, ""))


def _sort_value(key: SortKey, value: Any) -> Any:
    if key.field is None:
        return value
    if value is None:
        return _missing_value(key)
    if key.field.type == "date" and key.key.format:
        return format_date(value, key.key.format)
    return value


def _missing_value(key: SortKey) -> Any:
    """Return the sort value of a record without a value: the end of the range it sorts at."""
    assert key.field is not None  # noqa: S101 - every record has a score.
    if key.field.is_keyword:
        return None
    is_high = key.is_ascending is (key.key.missing == "_last")
    if key.field.type in FLOAT_TYPES:
        return "Infinity" if is_high else "-Infinity"
    return MAX_LONG if is_high else MIN_LONG
