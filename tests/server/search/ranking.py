"""How similarly two engines rank by score: random full-text queries, and two figures for each.

To measure, with Maven and a JDK::

    python -m tests.server.search.ranking
"""

import math
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinto_buildhub.search.elastic import ElasticEngine
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change, Engine
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.settings import read_settings

from tests.server.search.random_requests import MAPPING_BODY, PRODUCTS, WORDS, make_random_records
from tests.stand_ins.search_servers import everyday_kinds, running

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(MAPPING_BODY)
LIMITS = Limits.from_values(read_settings({"search.timeout_seconds": "60"}, {}))
RECORD_COUNT = 1500
QUERY_COUNT = 200
PAIR_COUNT = 3000
BEST = 10
# Scores that are closer than this tie.
TIE = 1e-3

Json = dict[str, Any]
Scores = dict[str, float]


@dataclass(frozen=True)
class Agreement:
    """How similar two rankings are; 1 is identical.

    Attributes:
        tau: Kendall's, of pairs that do not tie in the reference: those in the same order, less
            those in the other order, as a share of all.
        overlap: the share of the ten best that are among the reference's ten best, or tie with
            the last of these.
    """

    tau: float
    overlap: float


def agreement(reference: Scores, other: Scores) -> Agreement:
    """Compare two engines' scores of the same records."""
    chance = random.Random(1)  # noqa: S311 - no secret.
    names = sorted(reference)
    pairs = [chance.sample(names, 2) for _ in range(PAIR_COUNT)] if len(names) > 1 else []
    signs = [
        math.copysign(1, reference[a] - reference[b]) * _sign(other[a], other[b])
        for a, b in pairs
        if not _tie(reference[a], reference[b])
    ]
    best = sorted(other, key=lambda name: -other[name])[:BEST]
    last = sorted(reference.values(), reverse=True)[:BEST][-1:]
    among = [name for name in best if reference[name] >= last[0] * (1 - TIE)]
    return Agreement(
        statistics.fmean(signs) if signs else 1.0, len(among) / len(best) if best else 1.0
    )


def _tie(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=TIE)


def _sign(one: float, other: float) -> float:
    return 0.0 if _tie(one, other) else math.copysign(1, one - other)


def full_text_queries(count: int = QUERY_COUNT, seed: int = 1) -> Iterator[Json]:
    """Yield random queries whose hits are ranked by score, the same for the same *seed*."""
    chance = random.Random(seed)  # noqa: S311 - no secret.
    for _ in range(count):
        yield chance.choice(_KINDS)(chance)


def _text(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, chance.randint(1, 4)))


def _match(chance: random.Random) -> Json:
    return {"match": {"notes": {"query": _text(chance), "operator": chance.choice(("or", "and"))}}}


def _phrase(chance: random.Random) -> Json:
    return {"match_phrase": {"notes": " ".join(chance.sample(WORDS, 2))}}


def _multi_match(chance: random.Random) -> Json:
    fields = [f"notes^{chance.randint(1, 5)}", f"product^{chance.randint(1, 5)}"]
    text = chance.choice((_text(chance), chance.choice(PRODUCTS)))
    return {"multi_match": {"query": text, "fields": fields}}


def _query_string(chance: random.Random) -> Json:
    words = chance.sample(WORDS, 3)
    typed = " OR ".join(f"{word}^{chance.randint(1, 4)}" for word in words)
    return {"query_string": {"query": typed, "fields": ["notes"]}}


def _bool(chance: random.Random) -> Json:
    should = [_match(chance), {"term": {"product": chance.choice(PRODUCTS)}}]
    return {"bool": {"must": [_match(chance)], "should": should}}


def _dis_max(chance: random.Random) -> Json:
    return {"dis_max": {"queries": [_match(chance), _match(chance)], "tie_breaker": 0.3}}


_KINDS = (_match, _phrase, _multi_match, _query_string, _bool, _dis_max)


def fill(engine: Engine) -> Engine:
    """Give the engine the random records; return it."""
    records = make_random_records(RECORD_COUNT, seed=1)
    engine.ensure(INDEX, MAPPING)
    changes = [Change(each["id"], each["last_modified"], each) for each in records]
    engine.apply(INDEX, changes, changes[-1].timestamp)
    engine.refresh(INDEX)
    return engine


def scores(engine: Engine, query: Json) -> Scores:
    """Return the score of each hit."""
    body = {"query": query, "size": RECORD_COUNT, "_source": False}
    answer = engine.search(INDEX, MAPPING, parse_request(body, LIMITS))
    return {hit["_id"]: hit["_score"] for hit in answer["hits"]["hits"]}


def measure(
    reference: Engine, other: Engine, count: int = QUERY_COUNT
) -> list[tuple[Json, Agreement]]:
    """Return how similarly both engines rank each query that has hits."""
    found = []
    for query in full_text_queries(count):
        expected = scores(reference, query)
        if expected:
            found.append((query, agreement(expected, scores(other, query))))
    return found


def summary(found: list[tuple[Json, Agreement]]) -> str:
    """Return the figures in a line."""
    taus = sorted(each.tau for _, each in found)
    overlaps = sorted(each.overlap for _, each in found)
    return (
        f"{len(found)} queries: tau mean {statistics.fmean(taus):.3f}, 5% below "
        f"{taus[len(taus) // 20]:.3f}, least {taus[0]:.3f}; overlap of the ten best mean "
        f"{statistics.fmean(overlaps):.3f}, 5% below {overlaps[len(overlaps) // 20]:.3f}, "
        f"least {overlaps[0]:.3f}"
    )


def main() -> None:
    """Measure the embedded engine against a server of each product."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = fill(EmbeddedEngine(Path(folder), "ranking", LIMITS))
        for kind in everyday_kinds():
            with running(kind) as server:
                reference = fill(ElasticEngine([server.url], "ranking", LIMITS))
                sys.stdout.write(f"{kind}, {summary(measure(reference, embedded))}\n")
                reference.close()
        embedded.close()


if __name__ == "__main__":
    main()
