"""Elasticsearch and OpenSearch as an engine."""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from kinto_buildhub.search import budget
from kinto_buildhub.search.elastic import generations
from kinto_buildhub.search.elastic.answers import tidy_answer
from kinto_buildhub.search.elastic.changes import BULK_TIMEOUT_SECONDS, send_changes
from kinto_buildhub.search.elastic.client import Client, ClusterTimeout
from kinto_buildhub.search.elastic.documents import MODIFIED_FIELD
from kinto_buildhub.search.elastic.generations import Generation
from kinto_buildhub.search.elastic.render.request import render_count, render_request
from kinto_buildhub.search.engine import (
    BEGINNING,
    Change,
    ContextMissing,
    IndexMissing,
    MappingChanged,
    TimedOut,
    Unavailable,
)
from kinto_buildhub.search.index_names import IndexId, index_name, parse_index_name
from kinto_buildhub.search.language.tree import Query, SearchRequest
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.settings import Limits

# For requests that are no searches: an index's state, a new index, a move of an alias.
TIMEOUT_SECONDS = 15.0
PING_TIMEOUT_SECONDS = 2.0

# How long the client waits after the server should have timed out.
GRACE_SECONDS = 2.0


class _PositionReads(threading.local):
    """The generation whose position each thread has read last, by index."""

    def __init__(self) -> None:
        self.generations: dict[IndexId, Generation | None] = {}


class ElasticEngine:
    """Indexes on a cluster, one per collection, each behind an alias.

    Args:
        hosts: nodes of the cluster, as `parse_hosts` takes them.
        prefix: of all index names.
        limits: what a request may cost.

    Raises:
        ValueError: a host is not an address.
    """

    name = "elasticsearch"

    def __init__(self, hosts: Sequence[str], prefix: str, limits: Limits) -> None:
        self._prefix, self._limits = prefix, limits
        self._client = Client(hosts, TIMEOUT_SECONDS)
        self._position_reads = _PositionReads()

    @property
    def location(self) -> str:
        """See `Engine.location`."""
        return f"the cluster at {self._client.location}"

    def lead(self) -> bool:
        """Return True: several processes may write, as all writes are idempotent."""
        return True

    def state(self, index: IndexId) -> None:
        """Return None: asking a cluster what has changed takes as long as a search."""

    def ensure(self, index: IndexId, mapping: Mapping) -> None:
        """See `Engine.ensure`."""
        alias = self._alias(index)
        generation = generations.find_generation(self._client, alias)
        if generation is None:
            generations.create_generation(
                self._client,
                alias,
                generations.FIRST,
                mapping,
                self._index_settings(generations.REFRESH_INTERVAL),
                is_current=True,
            )
        elif generation.mapping.fingerprint != mapping.fingerprint:
            raise MappingChanged(f"{generation.name} was built from another mapping.")

    def apply(self, index: IndexId, changes: Sequence[Change], position: int) -> None:
        """See `Engine.apply`.

        If this thread has read the position before, the changes go to the generation that had it.
        They may be those since that position, and a newer generation may lack older changes.
        """
        generation = self._position_reads.generations.pop(index, None)
        if generation is None:
            generation = generations.find_generation(self._client, self._alias(index))
        if generation is None:
            raise IndexMissing(f"There is no index for {index}.")
        apply_changes(self._client, generation, changes, position)

    def position(self, index: IndexId) -> int | None:
        """See `Engine.position`."""
        generation = generations.find_generation(self._client, self._alias(index))
        self._position_reads.generations[index] = generation
        return None if generation is None else generation.position

    def newest(self, index: IndexId, up_to: int) -> int:
        """See `Engine.newest`."""
        body = {
            "size": 0,
            "query": {"range": {MODIFIED_FIELD: {"lte": up_to}}},
            "aggs": {"newest": {"max": {"field": MODIFIED_FIELD}}},
        }
        path = f"/{self._alias(index)}/_search"
        found = self._client.perform_request("POST", path, body)["aggregations"]["newest"]["value"]
        return BEGINNING if found is None else int(found)

    def check(self, index: IndexId) -> None:
        """Do nothing: a cluster checks and repairs its own files."""

    def refresh(self, index: IndexId) -> None:
        """See `Engine.refresh`."""
        path = f"/{self._alias(index)}/_refresh"
        self._client.perform_request("POST", path, timeout_seconds=BULK_TIMEOUT_SECONDS)

    def search(self, index: IndexId, mapping: Mapping, request: SearchRequest) -> dict[str, Any]:
        """See `Engine.search`."""
        seconds = self._limits.timeout_seconds
        seconds = min(request.timeout_seconds or seconds, seconds, _seconds_left())
        body = render_request(request, mapping) | {"timeout": f"{int(seconds * 1000)}ms"}
        parameters = {"typed_keys": "true"} if request.typed_keys else {}
        answer = self._search_in_time(
            f"/{self._alias(index)}/_search",
            body,
            seconds,
            ("hits", "timed_out"),
            allow_partial_search_results="false",
            **parameters,
        )
        if answer["timed_out"]:
            raise TimedOut(f"The search takes longer than {seconds:g} seconds.")
        return tidy_answer(answer, self._alias(index), mapping)

    def open_reader(self, index: IndexId, keep_seconds: float) -> None:
        """Return None: a scroll reads what is there when it gets to it."""

    def reader_state(self, index: IndexId, reader_id: str) -> Any:
        """See `Engine.reader_state`: there are no readers."""
        raise ContextMissing(reader_id)

    def keep_reader(
        self, index: IndexId, reader_id: str, keep_seconds: float | None, state: Any = None
    ) -> None:
        """See `Engine.keep_reader`: there are no readers."""
        raise ContextMissing(reader_id)

    def close_reader(self, index: IndexId, reader_id: str) -> bool:
        """Return False: there are no readers."""
        return False

    def count(self, index: IndexId, mapping: Mapping, query: Query) -> int:
        """See `Engine.count`."""
        body = render_count(query, mapping)
        seconds = min(self._limits.timeout_seconds, _seconds_left())
        answer = self._search_in_time(f"/{self._alias(index)}/_count", body, seconds, ("count",))
        return int(answer["count"])

    def delete(self, index: IndexId) -> None:
        """Remove the index with all of its generations."""
        names = generations.generation_names(self._client, self._alias(index))
        generations.remove(self._client, names)

    def indices(self) -> Iterable[IndexId]:
        """See `Engine.indices`."""
        found = self._client.perform_request(
            "GET", f"/{self._prefix}.*/_alias", expand_wildcards="all"
        )
        aliases = {alias for entry in found.values() for alias in entry["aliases"]}
        parsed = (parse_index_name(self._prefix, alias) for alias in sorted(aliases))
        return [index for index in parsed if index is not None]

    def begin_rebuild(self, index: IndexId, mapping: Mapping) -> "ElasticRebuild":
        """See `Engine.begin_rebuild`."""
        alias = self._alias(index)
        current = generations.find_generation(self._client, alias)
        others = set(generations.generation_names(self._client, alias))
        generations.remove(self._client, others - {current.name if current else None})
        # Nobody searches it while it is filled, so it needs no refreshes.
        generation = generations.create_generation(
            self._client,
            alias,
            str(time.time_ns()),
            mapping,
            self._index_settings("-1"),
            is_current=False,
        )
        return ElasticRebuild(self._client, alias, generation)

    def ping(self) -> None:
        """Check that the cluster answers, and has a master."""
        self._client.perform_request(
            "GET",
            "/_cluster/health",
            timeout_seconds=PING_TIMEOUT_SECONDS,
            timeout="1s",
            filter_path="status",
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _alias(self, index: IndexId) -> str:
        return index_name(self._prefix, index)

    def _index_settings(self, refresh_interval: str) -> dict[str, Any]:
        return {
            "number_of_shards": 1,
            # One replica as soon as there is another node.
            "auto_expand_replicas": "0-1",
            "refresh_interval": refresh_interval,
            # How long a deletion is remembered, in case an earlier change arrives after it.
            "gc_deletes": "1h",
            "max_result_window": self._limits.result_window,
            "max_inner_result_window": self._limits.size_of_inner_hits,
            "max_regex_length": self._limits.regexp_length,
        }

    def _search_in_time(
        self, path: str, body: Any, seconds: float, required: tuple[str, ...], **parameters: Any
    ) -> Any:
        """Send a search, or a count, and wait for *seconds* at most.

        Raises:
            TimedOut: the cluster is there, and the request takes too long.
            Unavailable: it is not there, or its answer lacks one of the *required* keys.
        """
        try:
            answer = self._client.perform_request(
                "POST", path, body, timeout_seconds=seconds + GRACE_SECONDS, **parameters
            )
        except ClusterTimeout as exc:
            self.ping()
            raise TimedOut(f"The search takes longer than {seconds:g} seconds.") from exc
        if missing := [key for key in required if key not in answer]:
            raise Unavailable(f"The search engine's answer has no {' and no '.join(missing)}.")
        return answer


def _seconds_left() -> float:
    """Return the time that the request has left; at least the least that a cluster understands."""
    return max(0.001, budget.deadline() - time.monotonic())


class ElasticRebuild:
    """A new generation, filled beside the one that answers."""

    def __init__(self, client: Client, alias: str, generation: Generation) -> None:
        self._client = client
        self._alias = alias
        self._generation = generation
        self._is_done = False

    def apply(self, changes: Sequence[Change], position: int) -> None:
        """Apply changes to the new index; raises `IndexMissing` if another rebuild replaced it."""
        apply_changes(self._client, self._generation, changes, position)

    def count(self) -> int:
        """Return how many records the new index holds."""
        self._refresh()
        return int(self._client.perform_request("GET", f"/{self._generation.name}/_count")["count"])

    def commit(self) -> None:
        """See `Rebuild.commit`."""
        settings = {"index": {"refresh_interval": generations.REFRESH_INTERVAL}}
        self._client.perform_request("PUT", f"/{self._generation.name}/_settings", settings)
        self._refresh()
        generations.promote(self._client, self._alias, self._generation)
        self._is_done = True

    def _refresh(self) -> None:
        path = f"/{self._generation.name}/_refresh"
        self._client.perform_request("POST", path, timeout_seconds=BULK_TIMEOUT_SECONDS)

    def abort(self) -> None:
        """See `Rebuild.abort`."""
        if not self._is_done:
            generations.remove(self._client, [self._generation.name])
            self._is_done = True


def apply_changes(
    client: Client, generation: Generation, changes: Sequence[Change], position: int
) -> None:
    """Send *changes* to a generation; then set its position."""
    if changes:
        send_changes(client, generation, changes)
    generations.set_position(client, generation, position)
