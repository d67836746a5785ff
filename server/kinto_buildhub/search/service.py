"""The search service of one server process: settings, engine, follower, answer cache."""

import time
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import orjson

from kinto_buildhub.search.budget import Budget, add_answer_bytes, check_time, spending
from kinto_buildhub.search.cache import AnswerCache
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import BEGINNING, Engine
from kinto_buildhub.search.errors import BadQuery, IndexMissing, Unavailable
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.follow.follower import Follower
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.all_terms import check_all_terms
from kinto_buildhub.search.language.json_values import read_flag_parameter, read_number
from kinto_buildhub.search.language.paging import with_tie_break
from kinto_buildhub.search.language.request import parse_count, parse_request
from kinto_buildhub.search.language.url_parameters import (
    check_parameters,
    parameter_query,
    with_parameters,
)
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.search_contexts import decode_context, reader_of
from kinto_buildhub.search.settings import SearchSettings
from kinto_buildhub.search.source import Json, dump_json, load_json

SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
# How long a search waits for an index that is being built.
BUILDING_SECONDS = 1.0

_TOTAL = b'"relation":'
_RECORD_PARTS = frozenset({"_source", "fields", "highlight", "sort", "meta"})

T = TypeVar("T")


def make_engine(settings: SearchSettings) -> Engine | None:
    """Return the engine that the settings choose; None if they switch search off."""
    if settings.hosts:
        from kinto_buildhub.search.elastic.engine import ElasticEngine

        return ElasticEngine(settings.hosts, settings.index_prefix, settings.limits)
    if not settings.path:
        return None
    return EmbeddedEngine(
        Path(settings.path), settings.index_prefix, settings.limits, settings.cache_bytes // 2
    )


class Search:
    """Answers searches and counts, with an engine that follows the store.

    Attributes:
        settings: the settings of search.
        store: Kinto's storage.
        follower: keeps the indexes up to date; None if search is switched off.
    """

    def __init__(self, settings: SearchSettings, engine: Engine | None, store: Store) -> None:
        self.settings, self._engine, self.store = settings, engine, store
        # The engine has the other half, for parts of answers.
        self._cache = AnswerCache(settings.cache_bytes // 2)
        self.follower: Follower | None = None
        if engine is not None:
            folder = None if settings.hosts else Path(settings.path)
            self.follower = Follower(engine, store, settings.poll_seconds, folder)

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            Unavailable: search is switched off.
        """
        if self._engine is None:
            raise Unavailable(
                "Search is switched off on this server: kinto.search.path or "
                "kinto.elasticsearch.hosts turns it on.",
                retry_after_seconds=3600,
            )
        return self._engine

    @property
    def enabled(self) -> bool:
        """Whether search is switched on."""
        return self._engine is not None

    def search(
        self,
        index: IndexId,
        mapping: Mapping,
        body: bytes,
        parameters: Dictionary[str, str],
        *,
        legacy: bool,
    ) -> bytes:
        """Return the answer to a search, as JSON.

        Raises:
            SearchError: it cannot be answered.
        """
        key = None
        if not _may_depend_on_clock(body, parameters):
            key = self._cache_key(index, body, parameters, legacy)
        cached: bytes | None = None if key is None else self._cache.get(key)
        if cached is not None:
            return cached
        with spending(Budget(self.settings.limits)):
            answer = dump_json(
                self.answer(index, mapping, read_json(body), parameters, legacy=legacy)
            )
        if key is not None:
            self._cache.put(key, answer, len(answer))
        return answer

    def _cache_key(
        self, index: IndexId, body: bytes, parameters: Dictionary[str, str], legacy: bool
    ) -> Any:
        if not self.settings.cache_bytes:
            return None
        try:
            state = self.engine.state(index)
        except IndexMissing:
            return None
        if state is None:
            return None
        return index, state, body, tuple(sorted(parameters.items())), legacy

    def answer(
        self,
        index: IndexId,
        mapping: Mapping,
        body: Any,
        parameters: Dictionary[str, str],
        *,
        legacy: bool,
        adapt: Callable[[tree.SearchRequest], tree.SearchRequest] = lambda request: request,
    ) -> dict[str, Any]:
        """Return the answer to a search.

        Args:
            adapt: returns the request that the engine answers, for the one that was sent.

        Raises:
            SearchError: it cannot be answered.
        """
        check_time()
        started = time.perf_counter()
        as_int = legacy or _flag(parameters, "rest_total_hits_as_int")
        limits = self.settings.limits
        request = with_parameters(parse_request(body, limits), parameters, limits)
        request = adapt(self._in_point_in_time(index, request))
        if as_int:
            request = replace(request, track_total_hits=True)
        check_time()
        found = self._when_built(index, lambda: self.engine.search(index, mapping, request))
        check_all_terms(request.aggs, found.get("aggregations"), limits)
        hits = found["hits"]
        if as_int:
            found = _with_whole_totals(found)
            hits = found["hits"]
        answer = {
            "took": int((time.perf_counter() - started) * 1000),
            "timed_out": False,
            "_shards": SHARDS,
            "hits": hits,
        }
        if request.point_in_time is not None:
            answer["pit_id"] = request.point_in_time
        if "aggregations" in found:
            answer["aggregations"] = found["aggregations"]
        if request.suggest:
            add_answer_bytes(sum(len(name) + len(text) + 60 for name, text in request.suggest))
            answer["suggest"] = {name: _no_suggestions(text) for name, text in request.suggest}
        return answer

    def open_reader(self, index: IndexId, keep_seconds: float) -> str | None:
        """Do as `Engine.open_reader`, for an index that may be being built."""
        return self._when_built(index, lambda: self.engine.open_reader(index, keep_seconds))

    def _in_point_in_time(self, index: IndexId, request: tree.SearchRequest) -> tree.SearchRequest:
        """Return the request in an order in which no two hits tie, if it names a point in time."""
        if request.point_in_time is None:
            return request
        limit = self.settings.limits.body_bytes
        reader_id = reader_of(decode_context(index, request.point_in_time, limit, "pit.id"))
        if reader_id is not None:
            self.engine.keep_reader(index, reader_id, request.keep_alive_seconds)
        hits = request.hits
        if hits.sort:
            hits = replace(hits, sort=with_tie_break(hits.sort))
        return replace(request, hits=hits, reader_id=reader_id)

    def count(
        self, index: IndexId, mapping: Mapping, body: bytes, parameters: Dictionary[str, str]
    ) -> dict[str, Any]:
        """Return the answer to a count.

        Raises:
            SearchError: it cannot be answered.
        """
        limits = self.settings.limits
        check_parameters(parameters, "count")
        query = parse_count(read_json(body), limits)
        if "q" in parameters:
            query = parameter_query(parameters, limits)
        if "min_score" in parameters:
            counted = tree.SearchRequest(
                query=query,
                hits=tree.HitOptions(size=0),
                min_score=read_number(parameters["min_score"], "min_score"),
                track_total_hits=True,
            )
            found = self._when_built(index, lambda: self.engine.search(index, mapping, counted))
            return {"count": found["hits"]["total"]["value"], "_shards": SHARDS}
        count = self._when_built(index, lambda: self.engine.count(index, mapping, query))
        return {"count": count, "_shards": SHARDS}

    def _when_built(self, index: IndexId, ask: Callable[[], T]) -> T:
        """Ask, and wait up to `BUILDING_SECONDS` for an index that is being built.

        Raises:
            Unavailable: the index is not there yet.
        """
        try:
            return ask()
        except IndexMissing:
            if self.follower is not None:
                self.follower.wait_for(index, BEGINNING, BUILDING_SECONDS)
        try:
            return ask()
        except IndexMissing as exc:
            raise Unavailable(
                f"The search index of {index} is being built; try again soon.", 2
            ) from exc


def _flag(parameters: Dictionary[str, str], name: str) -> bool:
    return name in parameters and read_flag_parameter(parameters[name], name)


def _with_whole_totals(value: Any) -> Any:
    """Return an answer with whole numbers as the totals of hits, however deep they are."""
    if isinstance(value, Json):
        return _with_whole_totals(load_json(value.text)) if _TOTAL in value.text else value
    if isinstance(value, list):
        return [_with_whole_totals(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {
        name: each if name in _RECORD_PARTS else _with_whole_totals(each)
        for name, each in value.items()
    }
    total = found.get("total")
    if "hits" in found and isinstance(total, dict) and "relation" in total:
        found["total"] = total["value"]
    return found


def _no_suggestions(text: str) -> list[dict[str, Any]]:
    return [{"text": text, "offset": 0, "length": len(text), "options": []}]


def _may_depend_on_clock(body: bytes, parameters: Dictionary[str, str]) -> bool:
    """Return whether the request may contain ``now`` or ``pit``, perhaps spelt with escapes."""
    words = (b"now", b"pit", b"\\u")
    return "now" in parameters.get("q", "") or any(word in body for word in words)


def read_json(body: bytes) -> Any:
    """Return the body's JSON; an empty body is an empty object.

    Raises:
        BadQuery: it is not JSON.
    """
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadQuery(f"the body is not JSON: {exc}", "", "parse_exception") from exc
