"""What must be equal in the answers of two engines to the same request.

Scores, times, and what shards may have missed, are an engine's own. Hits in no asked order are
compared as a set. Computed numbers may differ in their last digits, percentiles by what an
estimate may be off.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

Json = dict[str, Any]

_OWN = frozenset(
    {
        "took",
        "timed_out",
        "terminated_early",
        "_shards",
        "max_score",
        "_score",
        "doc_count_error_upper_bound",
    }
)
_TOLERANCE = 1e-6
_MANY = 20

# Sort values of records without a value: OpenSearch keeps booleans in fewer bits.
_ENDS = ([2**31 - 1, 2**63 - 1], [-(2**31), -(2**63)])

_PERCENTILE = re.compile(r"\.values(\.\d+\.\d+(_as_string)?|\[\d+\]\.value(_as_string)?)$")


@dataclass(frozen=True)
class KnownDifference:
    """Something that some servers do differently; the how-to on clusters describes each.

    Attributes:
        what: in words.
        servers: which do; texts that their names start with.
        applies: whether a request may show it.
    """

    what: str
    servers: tuple[str, ...]
    applies: Callable[[Json], bool]


KNOWN_DIFFERENCES = (
    KnownDifference(
        "composite counts a record twice when two of its values fall into one bucket",
        ("opensearch", "elasticsearch-7"),
        lambda request: "'composite'" in str(request),
    ),
)


def known_difference(server: object, request: Json) -> KnownDifference | None:
    """Return the known reason why *server* may answer *request* differently; None without one."""
    for known in KNOWN_DIFFERENCES:
        if str(server).startswith(known.servers) and known.applies(request):
            return known
    return None


def differences(request: Json, expected: Json, found: Json) -> list[str]:
    """Return the first differences of two answers to *request*, a line each."""
    found_out = _differences(_comparable(request, expected), _comparable(request, found), "")
    return list(islice(found_out, _MANY))


def _comparable(request: Json, answer: Json) -> Json:
    answer = {key: value for key, value in answer.items() if key not in _OWN}
    if "sort" not in request:
        hits = sorted(answer["hits"]["hits"], key=lambda hit: hit.get("_id", ""))
        answer["hits"] = {**answer["hits"], "hits": hits}
    return answer


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted((expected.keys() | found.keys()) - _OWN):
            if key not in found:
                yield f"{path}.{key} is missing: expected {_shown(expected[key])}"
            elif key not in expected:
                yield f"{path}.{key} is extra: {_shown(found[key])}"
            else:
                yield from _differences(expected[key], found[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path} has {len(found)} items, expected {len(expected)}"
        for number, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif not _is_alike(expected, found, path):
        yield f"{path} is {_shown(found)}, expected {_shown(expected)}"


def _is_alike(expected: Any, found: Any, path: str) -> bool:
    if [expected, found] in _ENDS:
        return True
    if _PERCENTILE.search(path) and expected is not None and found is not None:
        return True  # Estimates with different methods; other tests compare them.
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, (int, float)) and isinstance(found, (int, float)):
        # 1 and 1.0 differ: the types of some clients are not the same for them.
        if type(expected) is not type(found):
            return False
        return math.isclose(expected, found, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(expected == found)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
