"""Clauses of a search that several meanings have."""

import re
from collections.abc import Sequence
from typing import Any

from kinto_buildhub.catalog.search_state.terms import Clause

# What occurs in IDs, revisions and addresses of folders, and what is greater than all of it.
_USUAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,:;=+/%@-]*")
_AFTER = "~"

_SPECIAL = re.compile(r'[.?+*|{}\[\]()"\\#@&<>~]')


def everything() -> Clause:
    """Match all records."""
    return {"match_all": {}}


def equals(field: str, value: str | int) -> Clause:
    """Match records with exactly this value."""
    return {"term": {field: value}}


def equals_any(field: str, values: Sequence[str]) -> Clause:
    """Match records with one of these values."""
    return {"terms": {field: list(values)}} if len(values) > 1 else equals(field, values[0])


def exists(field: str) -> Clause:
    """Match records that have a value."""
    return {"exists": {"field": field}}


def starts_with(field: str, text: str) -> Clause:
    """Match values that start so, of a field whose values are nearly all different.

    A range costs the same however many values it contains; a prefix looks at each of them.
    """
    if not _USUAL.fullmatch(text):
        return equals(field, text)  # No value begins so.
    return {"range": {field: {"gte": text, "lt": text + _AFTER}}}


def matches_pattern(field: str, pattern: str) -> Clause:
    """Match values of this form, of a field with few values."""
    return {"regexp": {field: pattern}}


def contains(field: str, text: str) -> Clause:
    """Match values that contain the text in upper or lower case, of a field with few values."""
    escaped = re.sub(r"[*?\\]", r"\\\g<0>", text)
    return {"wildcard": {field: {"value": f"*{escaped}*", "case_insensitive": True}}}


def any_of(clauses: Sequence[Clause]) -> Clause:
    """Match what at least one of the clauses matches."""
    if len(clauses) == 1:
        return clauses[0]
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def all_of(clauses: Sequence[Clause]) -> Clause:
    """Match what all of the clauses match."""
    return {"bool": {"filter": list(clauses)}}


def in_range(field: str, **bounds: Any) -> Clause:
    """Match values between the bounds."""
    return {"range": {field: bounds}}


def literal(text: str) -> str:
    """Return the pattern that matches just this text."""
    return _SPECIAL.sub(r"\\\g<0>", text)
