"""The assertions of the YAML tests."""

import json
import re
from collections.abc import Callable
from typing import Any

# Each server has its own: names, counts of shards, times, versions, the words of errors, and
# estimates: percentiles are computed as by Elasticsearch since 8.9.
_OWN = re.compile(
    r"(^|\.)(_index|_type|_version|_seq_no|_primary_term|_shards|took|_scroll_id|max_score|_score"
    r"|num_reduce_phases|reason|caused_by|root_cause)(\.|$)|percentiles\w*\.values"
)


class Missing:
    """The value at a path that an answer does not have."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()

Variables = dict[str, Any]


def with_variables(value: Any, variables: Variables) -> Any:
    """Return *value* with each ``$name`` replaced by what a ``set`` step has kept."""
    if isinstance(value, dict):
        return {
            with_variables(key, variables): with_variables(item, variables)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [with_variables(item, variables) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        return variables.get(value.strip("${}"), value)
    return value


def find(answer: Any, path: str) -> Any:
    """Return the value at a path such as ``hits.hits.0._id``; `MISSING` if there is none."""
    found = answer
    for step in re.split(r"(?<!\\)\.", path) if path and path != "$body" else []:
        step = step.replace("\\.", ".")
        if step == "_arbitrary_key_" and isinstance(found, dict) and found:
            found = next(iter(found))
        elif isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return MISSING
    return found


def failure(kind: str, argument: Any, answer: Any, variables: Variables) -> str | None:
    """Return why an assertion about *answer* fails; None if it holds, or is about its server."""
    if kind in ("is_true", "is_false"):
        checks: dict[str, Any] = {str(argument or ""): None}
    else:
        checks = argument
    for path, expected in checks.items():
        path = str(with_variables(path, variables) or "")
        if _OWN.search(path):
            continue
        found = find(answer, path)
        if not _CHECKS[kind](found, with_variables(expected, variables)):
            return f"{kind} {path}: expected {_shown(expected)}, got {_shown(found)}"
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def is_equal(found: Any, expected: Any) -> bool:
    """Whether two JSON values are equal, as the assertions see it: 1 and 1.0 are."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(
            is_equal(found[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(is_equal, found, expected))
    if isinstance(expected, bool) or isinstance(found, bool):
        return found is expected
    return bool(found == expected)


def _matches(found: Any, expected: Any) -> bool:
    if isinstance(expected, str) and len(expected) > 1 and expected[0] == expected[-1] == "/":
        text = found if isinstance(found, str) else json.dumps(found)
        return re.search(expected[1:-1], text, re.VERBOSE) is not None
    if expected is None:
        return found is None or found is MISSING
    return is_equal(found, expected)


def _is_true(found: Any, _expected: Any) -> bool:
    return found not in (None, MISSING) and str(found).lower() not in ("", "false", "0")


def _contains(found: Any, expected: Any) -> bool:
    if not isinstance(found, list):
        return False
    if isinstance(expected, dict):
        return any(
            isinstance(item, dict)
            and all(is_equal(item.get(key), value) for key, value in expected.items())
            for item in found
        )
    return any(is_equal(item, expected) for item in found)


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def check(found: Any, expected: Any) -> bool:
        return isinstance(found, (int, float)) and compare(found, expected)

    return check


_CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "match": _matches,
    "length": lambda found, expected: (
        isinstance(found, (list, dict, str)) and len(found) == expected
    ),
    "is_true": _is_true,
    "is_false": lambda found, expected: not _is_true(found, expected),
    "contains": _contains,
    "gt": _number(lambda found, expected: found > expected),
    "gte": _number(lambda found, expected: found >= expected),
    "lt": _number(lambda found, expected: found < expected),
    "lte": _number(lambda found, expected: found <= expected),
}
