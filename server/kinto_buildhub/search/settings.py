"""The settings of search, as its modules use them."""

from dataclasses import dataclass
from typing import Self

from kinto_buildhub.settings import Values


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost. Messages name the setting behind each."""

    result_window: int
    size_of_inner_hits: int
    buckets: int
    terms_size: int
    clauses: int
    depth: int
    aggregations: int
    regexp_length: int
    regexp_states: int
    body_bytes: int
    searches_per_request: int
    answer_bytes: int
    query_bytes: int
    expanded_terms: int
    timeout_seconds: float

    @classmethod
    def from_values(cls, values: Values) -> Self:
        """Pick them from the values of all settings."""
        return cls(
            result_window=values["search.max_result_window"],
            size_of_inner_hits=values["search.max_inner_hits"],
            buckets=values["search.max_buckets"],
            terms_size=values["search.max_terms_size"],
            clauses=values["search.max_clauses"],
            depth=values["search.max_depth"],
            aggregations=values["search.max_aggregations"],
            regexp_length=values["search.max_regexp_length"],
            regexp_states=values["search.max_regexp_states"],
            body_bytes=values["search.max_body_bytes"],
            searches_per_request=values["search.max_searches"],
            answer_bytes=values["search.max_answer_bytes"],
            query_bytes=values["search.max_query_bytes"],
            expanded_terms=values["search.max_expanded_terms"],
            timeout_seconds=values["search.timeout_seconds"],
        )


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """The settings of search.

    Attributes:
        hosts: URLs of an Elasticsearch or OpenSearch cluster; empty: the embedded engine.
        index_prefix: first part of the names of our indexes.
        force_refresh: answer a write only when searches find it.
        path: the embedded engine's folder; "" switches search off where there are no hosts.
        leases: the file by which server processes notify each other of changed permissions;
            "" has the database asked before each search.
    """

    hosts: tuple[str, ...]
    index_prefix: str
    force_refresh: bool
    path: str
    leases: str
    poll_seconds: float
    cache_bytes: int
    limits: Limits

    @classmethod
    def from_values(cls, values: Values) -> Self:
        """Pick them from the values of all settings."""
        return cls(
            hosts=values["elasticsearch.hosts"],
            index_prefix=values["elasticsearch.index_prefix"],
            force_refresh=values["elasticsearch.force_refresh"],
            path=values["search.path"],
            leases=values["search.leases"],
            poll_seconds=values["search.poll_seconds"],
            cache_bytes=values["search.cache_bytes"],
            limits=Limits.from_values(values),
        )
