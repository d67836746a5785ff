"""``filter_path``: the parts of an answer that a client wants, by their paths."""

from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.name_patterns import is_like

_MAX_PATTERNS = 100

Pattern = tuple[str, ...]


def filter_answer(answer: Any, text: str) -> Any:
    """Return the parts of an answer that the patterns name.

    Args:
        answer: JSON, parsed.
        text: paths with dots, separated by commas. ``*`` stands for any part of a name, ``**`` for
            any number of names, and a leading ``-`` leaves out what the rest names.

    Raises:
        BadQuery: there are too many patterns.
    """
    patterns = [pattern for pattern in text.split(",") if pattern]
    if len(patterns) > _MAX_PATTERNS:
        raise BadQuery(f"at most {_MAX_PATTERNS} patterns, got {len(patterns)}", "filter_path")
    wanted = [_names(pattern) for pattern in patterns if not pattern.startswith("-")]
    unwanted = [_names(pattern[1:]) for pattern in patterns if pattern.startswith("-")]
    if wanted:
        answer = _included(answer, wanted)
    if unwanted:
        answer = _without(answer, unwanted)
    return {} if answer is None else answer


def _names(pattern: str) -> Pattern:
    return tuple(pattern.split("."))


def _after(patterns: list[Pattern], name: str) -> list[Pattern]:
    """Return what is left of the patterns below *name*; an empty one has matched."""
    found: list[Pattern] = []
    for first, *rest in patterns:
        if first == "**":
            found.append((first, *rest))
            if rest:
                found += _after([tuple(rest)], name)
        elif is_like(name, first):
            found.append(tuple(rest))
    return found


def _has_matched(patterns: list[Pattern]) -> bool:
    return () in patterns or ("**",) in patterns


def _included(value: Any, patterns: list[Pattern]) -> Any:
    """Return the parts that the patterns name; None if there are none."""
    if isinstance(value, list):
        items = [_included(item, patterns) for item in value]
        return [item for item in items if item is not None] or None
    if not isinstance(value, dict):
        return None
    found: dict[str, Any] = {}
    for name, item in value.items():
        below = _after(patterns, name)
        if _has_matched(below):
            found[name] = item
        elif below and (part := _included(item, below)) is not None:
            found[name] = part
    return found or None


def _without(value: Any, patterns: list[Pattern]) -> Any:
    """Return a value without the parts that the patterns name, and without what they leave empty.

    None if nothing is left.
    """
    if isinstance(value, list):
        items = [_without(item, patterns) for item in value]
        return [item for item in items if item is not None] or (None if value else value)
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, item in value.items():
        below = _after(patterns, name)
        if _has_matched(below):
            continue
        part = _without(item, below) if below else item
        if part is not None or item is None:
            found[name] = part
    return found or (None if value else value)
