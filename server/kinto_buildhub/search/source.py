"""Parts of a record in answers: ``_source`` and ``fields``; and answers as JSON."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import orjson

from kinto_buildhub.search import budget
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date, record_date
from kinto_buildhub.search.language.field_formats import check_field_format, format_value
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.mapping import Field, Mapping, iter_values
from kinto_buildhub.search.values import as_text, record_value

# A pattern that was not seen before takes up to a tenth of a millisecond.
_PATTERNS_PER_CHECK = 500


class Json:
    """A part of an answer that is JSON already, from `dump_json`."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text


def dump_json(value: Any) -> bytes:
    """Return a value as JSON, also with integers of any length; `Json` is copied as it is."""
    try:
        return orjson.dumps(value, default=_fragment)
    except TypeError:  # Records may contain integers of over 64 bits, or lone surrogates.
        # `load_json` sees by the leading space that orjson cannot read it.
        return b" " + json.dumps(value, default=_parsed).encode()


def _fragment(part: Any) -> Any:
    if isinstance(part, Json):
        return orjson.Fragment(part.text)
    raise TypeError(f"{type(part).__name__} cannot be part of an answer")


def _parsed(part: Any) -> Any:
    if isinstance(part, Json):
        return load_json(part.text)
    raise TypeError(f"{type(part).__name__} cannot be part of an answer")


def load_json(text: bytes) -> Any:
    """Return the value that `dump_json` wrote."""
    return json.loads(text) if text.startswith(b" ") else orjson.loads(text)


def rough_size(value: Any) -> int:
    """Return about the length of a value as JSON, in bytes."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, dict):
        return sum(len(name) + 4 + rough_size(item) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return sum(rough_size(item) + 1 for item in value)
    return 8


def filter_source(record: dict[str, Any], wanted: tree.SourceFilter) -> dict[str, Any]:
    """Return the parts of the record that match the patterns; a matching object is whole."""
    if not wanted.includes and not wanted.excludes:
        return record
    includes = _Patterns.of(wanted.includes) if wanted.includes else None
    return _filtered(record, "", includes, _Patterns.of(wanted.excludes))


class _Patterns(NamedTuple):
    """Patterns of paths. Most are names, and those are found without looking at each."""

    names: frozenset[str]
    with_wildcards: tuple[str, ...]

    @classmethod
    def of(cls, patterns: tuple[str, ...]) -> Self:
        """Part patterns by whether they have a ``*``."""
        budget.check_time()
        return cls(frozenset(patterns), tuple(each for each in patterns if "*" in each))

    def match(self, path: str) -> bool:
        """Return whether one of them matches the whole path."""
        if path in self.names:
            return True
        budget.check_time()
        return any(is_like(path, pattern) for pattern in _timed(self.with_wildcards))


def _filtered(
    value: dict[str, Any], path: str, includes: _Patterns | None, excludes: _Patterns
) -> dict[str, Any]:
    """Return the parts that match; *includes* is None where everything is included."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        at = path + name
        if excludes.match(at):
            continue
        is_included = includes is None or includes.match(at)
        if isinstance(item, dict):
            below = _filtered(item, at + ".", None if is_included else includes, excludes)
            if below or is_included:
                found[name] = below
        elif is_included:
            found[name] = item
    return found


def _timed(patterns: tuple[str, ...]) -> Iterator[str]:
    """Yield patterns, and check the time now and then: a request may contain very many."""
    for number, pattern in enumerate(patterns):
        if number % _PATTERNS_PER_CHECK == _PATTERNS_PER_CHECK - 1:
            budget.check_time()
        yield pattern


def fetch_fields(
    record: dict[str, Any], wanted: tuple[tree.FetchField, ...], mapping: Mapping
) -> dict[str, list[Any]]:
    """Return a list of values for each wanted field that has any.

    Raises:
        BadQuery: a format is wanted of a field that has none.
    """
    found: dict[str, list[Any]] = {}
    for fetch in wanted:
        budget.check_time()
        for field in _fields(fetch.field, mapping):
            if fetch.format is not None and field.type != "date":
                raise BadQuery(
                    f"field {field.name!r} of type {field.type} has no formats", "fields.format"
                )
            values = list(_values(field, record, fetch.format))
            if values:
                found[field.name] = values
        if fetch.include_unmapped:
            found |= _unmapped(record, fetch.field, mapping)
    return found


def _unmapped(record: dict[str, Any], pattern: str, mapping: Mapping) -> dict[str, list[Any]]:
    """Return the values that match, and that the mapping does not have, by their paths."""
    patterns = _Patterns.of((pattern,))
    found: dict[str, list[Any]] = {}
    for path, value in _leaves(record, ""):
        if path not in mapping.fields and patterns.match(path):
            found.setdefault(path, []).append(value)
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each value that is no object and no list, with its path. Only lists hold nulls."""
    if isinstance(value, dict):
        for name, item in value.items():
            if item is not None:
                yield from _leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path, value


def fetch_docvalue_fields(
    record: dict[str, Any], wanted: tuple[tree.FetchField, ...], mapping: Mapping
) -> dict[str, list[Any]]:
    """Return the indexed values for each wanted field that has any: in order, texts once.

    Raises:
        BadQuery: a field is analyzed text, or does not have the format.
    """
    found: dict[str, list[Any]] = {}
    for fetch in wanted:
        for field in _fields(fetch.field, mapping):
            if field.type == "text":
                if "*" in fetch.field:
                    continue
                raise BadQuery(
                    f"{field.name!r} is text that is split in words; use fields", "docvalue_fields"
                )
            check_field_format(field, fetch.format, "docvalue_fields")
            values = [record_value(field, value) for value in iter_values(field, record)]
            known = [value for value in values if value is not None]
            if known:
                ordered = sorted(set(known)) if field.is_keyword else sorted(known)
                found[field.name] = [_docvalue(field, value, fetch.format) for value in ordered]
    return found


def _docvalue(field: Field, value: Any, format_: str | None) -> Any:
    if field.type == "boolean":
        return bool(value)
    if field.is_keyword:
        return value
    text = format_value(field, value, format_)
    return value if text is None else text


def _fields(pattern: str, mapping: Mapping) -> list[Field]:
    if "*" not in pattern:
        field = mapping.get(pattern)
        return [] if field is None else [field]
    patterns = _Patterns.of((pattern,))
    return [field for name, field in mapping.fields.items() if patterns.match(name)]


def _values(field: Field, record: dict[str, Any], format_: str | None) -> Iterator[Any]:
    for value in iter_values(field, record):
        if field.type == "date":
            moment = record_date(value)
            if moment is not None:
                yield format_date(moment, format_)
        elif field.is_keyword or field.type == "text":
            yield as_text(value)
        elif field.type == "boolean":
            found = record_value(field, value)
            if found is not None:
                yield bool(found)
        else:
            number = record_value(field, value)
            if number is not None:
                yield number
