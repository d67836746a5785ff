"""Mutated requests: what programs send with a mistake in it, asked of us and of Elasticsearch.

The requests are random ones with one to three mutations: a value, a name or a place that is wrong.
Nothing may be answered by a 5xx, and an answer may not differ from Elasticsearch's. To refuse more
than it does is right; to answer what it refuses only as `INTENDED` says.

With Maven and a JDK, ten minutes from seed 1::

    python -m tests.server.search.mutated_requests 600 1
"""

import copy
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.errors import BadQuery, TimedOut
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.source import dump_json, load_json

from tests.server.search import random_requests
from tests.server.search.answer_differences import differences
from tests.server.search.ranking import INDEX, LIMITS, MAPPING, RECORD_COUNT, fill
from tests.stand_ins.search_servers import SERVER_KINDS, running

Json = Any

KIND = next(kind for kind in SERVER_KINDS if str(kind) == "elasticsearch-9.2.0")
CORPUS_COUNT = 300
# Of the names of indexes, which answers contain.
PREFIX = "mutated"
_ODD_VALUES: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 1, 2, 2**31, 2**63, 1e19, 1.5, "", "1", "abc", "true", "null"),
    *("*", "\u0000", "now", "2016-02-30", "_doc", "_score", "_id", "_key", [], [None], {}, [[]]),
)
_NAMES = (
    *("query", "field", "value", "boost", "size", "missing", "format", "gte", "lt", "order"),
    *("terms", "range", "aggs", "interval", "keyed", "name", "_name", "include", "exclude"),
)
# Not there on a genuine server, or computed by us alone.
ALL_HITS = 10_000
_OURS_ALONE = ("version.order", "target.*", "_term", "_time", '"interval"', '"filtered"', '"now')


@dataclass(frozen=True)
class Intended:
    """Something that Elasticsearch refuses and we answer, or that we answer otherwise, on purpose.

    Attributes:
        why: in words.
        applies: whether the request, as JSON, and Elasticsearch's error, "" for none, are such.
    """

    why: str
    applies: Callable[[str, str], bool]


def _refused(*reasons: str) -> Callable[[str, str], bool]:
    pattern = re.compile("|".join(reasons))
    return lambda _, reason: pattern.search(reason) is not None


_BY_SCORE = ("_score", ["_score"])
_MIXED_BOUNDS = re.compile(r"failed to parse date field \[.*\] with format \[epoch_millis\]")
_UNNAMED_INNER_HITS = re.compile(r'"inner_hits": \[?\{(?![^{}]*"name")')
_MAPPED = "|".join(re.escape(name) for name in random_requests.FIELDS)
_MISSING_BELOW_RANGES = re.compile(
    rf'range": .*"(aggs|aggregations)": \{{.*"missing": \{{"field": "(?!({_MAPPED})")'
)
_ANY_FIELD = re.compile(r'"exists": \{[^{}]*"field": "\*"')
_CANNOT_EXIST = re.compile(r"exists|field is not searchable")
_ALL_FIELDS = re.compile(r'fields": (\[[^]]*)?"(target\.)?(version\.)?\*"')

INTENDED = (
    Intended(
        "a name may stand where a list of names is expected, and a number for a text",
        _refused(
            r"Unknown key for a (VALUE_STRING|VALUE_NUMBER|START_OBJECT) in "
            r"\[(fields|includes?|excludes?)\]",
            r"\[inner_hits\] sort doesn't support values of type: VALUE_STRING",
            r"Unknown key for a VALUE_NUMBER in \[.*\]: \[other_bucket_key\]",
            r"in \[stored_fields\] but found \[VALUE_NUMBER\]",
            r"Unknown key for a VALUE_STRING in \[(docvalue_fields|stats)\]",
            r"unsupported field \[fields\]",
            r"\[query_string\] query does not support \[fields\]",
            r"(ids\] values|field|name|format) doesn't support values of type: VALUE_NUMBER",
        ),
    ),
    Intended(
        "`dis_max` of no queries matches nothing", _refused(r"\[_na\] query malformed, must start")
    ),
    Intended(
        "`constant_score` takes the `query` of old programs",
        _refused(r"\[constant_score\] query does not support \[query\]"),
    ),
    Intended(
        "the queries and options of old programs are understood",
        _refused(r"unknown query \[missing\]", r"\[date_histogram\] unknown field \[interval\]"),
    ),
    Intended("`_id` can be sorted by", _refused("Fielddata access on the _id field")),
    Intended("`_id` has prefixes", _refused(r"Can only use prefix queries on .* not on \[_id\]")),
    Intended(
        "a range of dates may have one bound in milliseconds and the other as text",
        lambda text, reason: (
            _MIXED_BOUNDS.search(reason) is not None and '"epoch_millis"' not in text
        ),
    ),
    Intended(
        "`boost` and `_name` may stand beside the field",
        _refused(
            r"query doesn't support multiple fields, found.* \[(boost|_name)\]",
            r"query does not support \[(boost|_name)\]",
        ),
    ),
    Intended(
        "a number of more than 64 bits is in no field of whole numbers",
        _refused(r"Value \[.*\] is out of range for a long"),
    ),
    Intended(
        "`range` takes the bounds of old programs",
        _refused(r"\[range\] query does not support \[(from|to|include_lower|include_upper)\]"),
    ),
    Intended(
        "`exists` takes `*` for any field",
        # Of all fields that a star stands for, it names the first that cannot be asked for, and
        # which one that is differs from start to start.
        lambda text, reason: (
            _ANY_FIELD.search(text) is not None and _CANNOT_EXIST.search(reason) is not None
        ),
    ),
    Intended(
        "`{}` as the query of a `filter` aggregation is every record",
        lambda text, reason: "empty clause found" in reason and '"filter": {}' in text,
    ),
    Intended(
        "a number where a text is expected is written as in JSON, not as Java writes it",
        lambda text, reason: "1e+19" in text and not reason,
    ),
    Intended(
        "`inner_hits` of `collapse` have the field's name if they have no other",
        lambda text, reason: (
            "[inner_hits]" in reason and _UNNAMED_INNER_HITS.search(text) is not None
        ),
    ),
    Intended(
        "`search_after` may be null where a record has no value",
        _refused(r'because \\"value\\" is null'),
    ),
    Intended(
        "Elasticsearch counts the records of all ranges in `terms` below a `missing` of an "
        "unmapped field below each: they come out the same in each range, and are not so below a "
        "`filter` of everything",
        lambda text, reason: _MISSING_BELOW_RANGES.search(text) is not None and not reason,
    ),
    Intended(
        "computed fields are among all fields",
        lambda text, reason: _ALL_FIELDS.search(text) is not None and not reason,
    ),
    Intended(
        "the values of `_doc` are each server's own",
        lambda text, reason: '"_doc"' in text and not reason,
    ),
)


def make_corpus(seed_number: int) -> list[dict[str, Json]]:
    """Return random valid requests, the same for the same seed."""
    found: list[dict[str, Json]] = []

    @seed(seed_number)
    @settings(
        max_examples=CORPUS_COUNT,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(body=random_requests.requests())
    def collect(body: dict[str, Json]) -> None:
        if not any(word in json.dumps(body) for word in _OURS_ALONE):
            found.append(body)

    collect()
    return found


def iter_mutated(corpus: list[dict[str, Json]], seed_number: int) -> Iterator[dict[str, Json]]:
    """Yield mutated requests without end, the same for the same seed."""
    chance = random.Random(seed_number)  # noqa: S311 - no secret.
    while True:
        body = copy.deepcopy(chance.choice(corpus))
        for _ in range(chance.randint(1, 3)):
            _mutate(body, corpus, chance)
        yield body


def _places(value: Json) -> Iterator[tuple[Json, Any]]:
    """Yield each container with each of its keys or positions."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def _mutate(body: dict[str, Json], corpus: list[dict[str, Json]], chance: random.Random) -> None:
    places = list(_places(body))
    if not places:
        return
    container, key = chance.choice(places)
    kind = chance.choice(("value", "value", "delete", "rename", "graft", "wrap", "add"))
    if kind == "value":
        container[key] = copy.deepcopy(chance.choice(_ODD_VALUES))
    elif kind == "delete":
        del container[key]
    elif kind == "rename" and isinstance(container, dict):
        container[chance.choice((*_NAMES, f"{key}x"))] = container.pop(key)
    elif kind == "graft":
        other, place = chance.choice(list(_places(chance.choice(corpus))))
        container[key] = copy.deepcopy(other[place])
    elif kind == "wrap":
        container[key] = [container[key]]
    elif isinstance(container, dict):
        container[chance.choice(_NAMES)] = copy.deepcopy(chance.choice(_ODD_VALUES))


def _written(record: dict[str, Json]) -> dict[str, Json]:
    """Return how a record is indexed: its version is its timestamp."""
    version = {"version": record["last_modified"], "version_type": "external"}
    return {"_id": record["id"], **version}


class Genuine:
    """An index with the random records on a genuine server."""

    def __init__(self, url: str) -> None:
        self._session, self._url = requests.Session(), f"{url}/{PREFIX}.build-hub.releases"

    def fill(self) -> None:
        """Make the index anew."""
        mapping = copy.deepcopy(random_requests.MAPPING_BODY)
        del mapping["properties"]["target"]["properties"]["version"]["fields"]
        self._session.delete(self._url, timeout=60)
        body = {"mappings": {"dynamic": False, **mapping}}
        self._session.put(self._url, json=body, timeout=60).raise_for_status()
        lines = "".join(
            f"{json.dumps(each)}\n"
            for record in random_requests.make_random_records(RECORD_COUNT, seed=1)
            for each in ({"index": _written(record)}, record)
        )
        headers = {"Content-Type": "application/x-ndjson"}
        self._session.post(
            f"{self._url}/_bulk?refresh=true", lines.encode(), headers=headers, timeout=60
        ).raise_for_status()

    def search(self, body: Json) -> tuple[int, Json]:
        """Return status and answer."""
        answer = self._session.post(f"{self._url}/_search", json=body, timeout=60)
        return answer.status_code, answer.json()


@dataclass(frozen=True)
class Verdict:
    """What came of a request: ``same``, ``we refuse``, ``intended`` and the like, or a fault."""

    label: str
    why: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it must not be."""
        return self.label in ("5xx", "we answer", "differs")


def _is_own(line: str, body: Json) -> bool:
    """Return whether each engine may have its own answer at a place where two differ."""
    if line.startswith(".hits.hits"):  # Which hits are the best of more than a page.
        is_by_score = body.get("sort", "_score") in _BY_SCORE
        return is_by_score and str(body.get("size")) != str(ALL_HITS)
    # Elasticsearch knows of some queries that they match nothing without counting.
    return line.startswith(".hits.total.relation") and body.get("track_total_hits") == 0


def judge(body: Json, genuine: Genuine, ours: Engine) -> Verdict:
    """Ask both sides."""
    try:
        found = load_json(dump_json(ours.search(INDEX, MAPPING, parse_request(body, LIMITS))))
    except (BadQuery, TimedOut) as exc:
        status, _ = genuine.search(body)
        return Verdict("we refuse" if status == 200 else "both refuse", str(exc))
    except Exception as exc:  # noqa: BLE001 - the server would answer 500.
        return Verdict("5xx", f"{exc!r} {json.dumps(body)}")
    status, expected = genuine.search(body)
    text = json.dumps(body)
    reason = json.dumps(expected["error"]) if status >= 400 else ""
    differing = [] if reason else differences(body, expected, found)
    differing = [line for line in differing if not _is_own(line, body)]
    if not reason and not differing:
        return Verdict("same")
    for row in INTENDED:
        if row.applies(text, reason):
            return Verdict("intended", row.why)
    if reason:
        return Verdict("we answer", f"{reason[:600]} {text}")
    return Verdict("differs", "\n".join([text, *differing[:5]]))


def main(seconds: float, seed_number: int) -> int:
    """Print the faults, and how many requests there were of each kind; return 1 with faults."""
    counts: Counter[str] = Counter()
    with running(KIND) as server, tempfile.TemporaryDirectory() as folder:
        genuine, ours = Genuine(server.url), EmbeddedEngine(Path(folder), PREFIX, LIMITS)
        genuine.fill()
        fill(ours)
        corpus = make_corpus(seed_number)
        deadline = time.monotonic() + seconds
        for body in iter_mutated(corpus, seed_number):
            if time.monotonic() > deadline:
                break
            verdict = judge(body, genuine, ours)
            counts[verdict.label] += 1
            if verdict.is_fault:
                print(f"{verdict.label}: {verdict.why}", flush=True)  # noqa: T201
        ours.close()
    print(dict(counts))  # noqa: T201
    return int(any(Verdict(label).is_fault for label in counts))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
