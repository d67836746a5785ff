"""Requests to a search engine, with random values: of the catalogue's page, and of programs.

Each kind of request is a function from a random source and some records of the corpus to a body.
The values come from records, so frequent values are frequent in requests, as with real users.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Body = dict[str, Any]
Record = dict[str, Any]
Draw = Callable[[random.Random, Sequence[Record]], Body]

FACETS = {
    "product": "source.product",
    "channel": "target.channel",
    "platform": "target.platform",
    "locale": "target.locale",
    "version": "target.version",
}
_PAGE = 30
_LAST_PAGE = 300
_NEWEST_FIRST = [{"download.date": "desc"}]
_END = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request.

    Attributes:
        name: in the table.
        draw: makes a request.
    """

    name: str
    draw: Draw


def _facets(size: int = 100) -> Body:
    return {name: {"terms": {"field": field, "size": size}} for name, field in FACETS.items()}


def _page(query: Body, number: int = 0) -> Body:
    return {
        "size": _PAGE,
        "from": number * _PAGE,
        "query": query,
        "sort": _NEWEST_FIRST,
        "aggs": _facets(),
    }


def _everything(draw: random.Random, records: Sequence[Record]) -> Body:
    """The page without a filter; readers page through it."""
    return _page({"match_all": {}}, draw.randrange(_LAST_PAGE))


def _chosen(draw: random.Random, records: Sequence[Record]) -> Body:
    record = draw.choice(records)
    return _page(
        {
            "bool": {
                "filter": [
                    {"term": {"source.product": record["source"]["product"]}},
                    {"term": {"target.locale": record["target"]["locale"]}},
                ]
            }
        }
    )


def _one_version(draw: random.Random, records: Sequence[Record]) -> Body:
    version = draw.choice(records)["target"]["version"]
    return _page({"bool": {"filter": [{"term": {"target.version": version}}]}})


def _terms_under_terms(draw: random.Random, records: Sequence[Record]) -> Body:
    """Ask for the build IDs of each version of a channel.

    There are few channels, and all servers cache answers. A random date near the end makes each
    request a new one, over nearly all of the channel.
    """
    moment = _END - timedelta(seconds=draw.randrange(30 * 86400))
    return {
        "size": 0,
        "query": {
            "bool": {
                "filter": [
                    {"term": {"target.channel": draw.choice(records)["target"]["channel"]}},
                    {"range": {"download.date": {"lt": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}},
                ]
            }
        },
        "aggs": {
            "versions": {
                "terms": {"field": "target.version", "size": 1000},
                "aggs": {"build_ids": {"terms": {"field": "build.id", "size": 1000}}},
            }
        },
    }


def _regexp(draw: random.Random, records: Sequence[Record]) -> Body:
    major = draw.choice(records)["target"]["version"].partition(".")[0]
    pattern = f"{major}\\.0b[{draw.randrange(1, 5)}-9]"
    return {
        "size": 0,
        "query": {"regexp": {"target.version": pattern}},
        "aggs": {"build_ids": {"terms": {"field": "build.id", "size": 1000}}},
    }


def _one_build_id(draw: random.Random, records: Sequence[Record]) -> Body:
    built = draw.choice([record for record in draw.choices(records, k=20) if "build" in record])
    return {"query": {"term": {"build.id": built["build"]["id"]}}}


def _typed(draw: random.Random, records: Sequence[Record]) -> Body:
    """The request of a page made with SearchKit: words typed, a facet chosen, highlights.

    The chosen value filters the hits and the other facets, not its own facet.
    """
    record = draw.choice(records)
    chosen = {"term": {"target.channel": record["target"]["channel"]}}
    others: Body = {
        name: {
            "filter": {"match_all": {}} if name == "channel" else chosen,
            "aggs": {name: {"terms": {"field": field, "size": 100}}},
        }
        for name, field in FACETS.items()
    }
    words = f"{record['target']['version']} {record['target']['locale']}"
    return {
        "size": _PAGE,
        "query": {
            "simple_query_string": {
                "query": words,
                "fields": ["target.version", "target.locale", "target.channel", "source.product"],
                "default_operator": "or",
            }
        },
        "post_filter": chosen,
        "sort": _NEWEST_FIRST,
        "aggs": others,
        "highlight": {"fields": {"target.version": {}, "target.locale": {}}},
    }


KINDS = (
    Kind("page: everything", _everything),
    Kind("page: product and locale", _chosen),
    Kind("page: one version", _one_version),
    Kind("terms under terms", _terms_under_terms),
    Kind("regexp, terms on build ID", _regexp),
    Kind("one build ID", _one_build_id),
    Kind("page: typed, highlight", _typed),
)
