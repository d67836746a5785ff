"""The build IDs before and after another one, candidates left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.catalog.search_state.meanings.identifiers import BUILD_ID
from kinto_buildhub.catalog.searches.versions import IS_CANDIDATE

_OBJECTS = ("build", "source", "target")
_SHOWN = [BUILD_ID, "source.product", "target.channel", "target.version"]

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A build ID near another one, and one of the builds that have it."""

    build_id: str
    product: str
    channel: str
    version: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest build IDs; None where there is none."""

    previous: Neighbour | None = None
    next: Neighbour | None = None


NO_NEIGHBOURS = Neighbours()


def find_neighbours(
    search: Callable[[dict[str, Any]], Answer], build_id: str, product: str = "", channel: str = ""
) -> Neighbours:
    """Return the build IDs before and after one, in the order of their digits.

    Args:
        search: answers a search.
        product, channel: those of the neighbours; "" means any.
    """
    chosen = {"source.product": product, "target.channel": channel}
    terms = [{"term": {field: value}} for field, value in chosen.items() if value]
    before, after = (
        _read(search(_request(terms, build_id, bound, order)))
        for bound, order in (("lt", "desc"), ("gt", "asc"))
    )
    return Neighbours(before, after)


def _request(terms: list[dict[str, Any]], build_id: str, bound: str, order: str) -> dict[str, Any]:
    return {
        "query": {
            "bool": {
                "filter": [*terms, {"range": {BUILD_ID: {bound: build_id}}}],
                "must_not": [IS_CANDIDATE],
            }
        },
        "size": 1,
        "track_total_hits": False,
        "sort": [{BUILD_ID: order}],
        "_source": _SHOWN,
    }


def _read(answer: Answer) -> Neighbour | None:
    for hit in answer["hits"]["hits"]:
        build, source, target = (hit["_source"].get(name, {}) for name in _OBJECTS)
        product, channel = source.get("product", ""), target.get("channel", "")
        return Neighbour(build["id"], product, channel, target.get("version", ""))
    return None
