"""The settings of search: one row each."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.search.index_names import check_prefix


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
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What the ini file and the environment say about search.

    Attributes:
        hosts: URLs of an Elasticsearch or OpenSearch cluster; empty: the embedded engine.
        index_prefix: what the names of our indexes start with.
        force_refresh: answer a write only when it can be found.
        path: the embedded engine's folder; "" switches search off where there are no hosts.
        leases: the file by which server processes tell each other that permissions have changed;
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


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: name, how its text is read, its default, what it means."""

    name: str
    parse: Callable[[str], Any]
    default: str
    help: str


def _positive(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise ValueError("expected a whole number from 1")
    return int(text)


def _not_negative(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError("expected a whole number from 0")
    return int(text)


def _seconds(text: str) -> float:
    if not (value := float(text)) > 0:
        raise ValueError("expected a number of seconds above 0")
    return value


def _flag(text: str) -> bool:
    flags = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.strip().lower() not in flags:
        raise ValueError("expected true or false")
    return flags[text.strip().lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


SETTINGS = (
    Setting("elasticsearch.hosts", _words, "", "Cluster to use; none: the embedded engine."),
    Setting("elasticsearch.index_prefix", check_prefix, "kinto", "Start of index names."),
    Setting("elasticsearch.force_refresh", _flag, "false", "Writes wait until they are found."),
    Setting("search.path", str.strip, "", "Folder of the embedded engine."),
    Setting(
        "search.leases",
        str.strip,
        "",
        "File by which server processes tell each other that permissions have changed; without it "
        "each search asks the database. ``buildhub serve`` has one beside its embedded database. "
        "With another, all servers on it have to have the same file.",
    ),
    Setting("search.poll_seconds", _seconds, "2", "How often the store is asked for changes."),
    Setting("search.cache_bytes", _not_negative, "67108864", "Memory for answers, a process."),
    Setting("search.max_result_window", _positive, "10000", "Limit of from + size."),
    Setting("search.max_inner_hits", _positive, "100", "Limit of from + size in top_hits."),
    Setting("search.max_buckets", _positive, "65536", "Limit of buckets in one answer."),
    Setting("search.max_terms_size", _positive, "1000000", "Limit of size in a terms aggregation."),
    Setting("search.max_clauses", _positive, "4096", "Limit of clauses in a query."),
    Setting("search.max_depth", _positive, "20", "Limit of nesting, queries and aggregations."),
    Setting("search.max_aggregations", _positive, "200", "Limit of aggregations in a request."),
    Setting("search.max_regexp_length", _positive, "1000", "Limit of characters in a pattern."),
    Setting("search.max_regexp_states", _positive, "2000", "Limit of a pattern's automaton."),
    Setting("search.max_body_bytes", _positive, "1048576", "Limit of a request's body."),
    Setting("search.max_searches", _positive, "100", "Limit of searches in one _msearch."),
    Setting("search.timeout_seconds", _seconds, "10", "Limit of one search."),
)


def read_settings(
    settings: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> SearchSettings:
    """Read them from Kinto's settings, whose names have lost their ``kinto.``.

    Kinto takes from the environment only what it or the ini file names, so that is read here too:
    ``kinto.search.path`` is ``KINTO_SEARCH_PATH``.

    Raises:
        ValueError: a value does not parse, or a name under ``search.`` is none of ours.
    """
    known = {setting.name for setting in SETTINGS}
    for name in settings:
        if name.startswith(("search.", "elasticsearch.")) and name not in known:
            raise ValueError(
                f"Unknown setting kinto.{name}; expected one of "
                + ", ".join(f"kinto.{each}" for each in sorted(known))
            )
    value = {setting.name: _read(setting, settings, environment) for setting in SETTINGS}
    return SearchSettings(
        hosts=value["elasticsearch.hosts"],
        index_prefix=value["elasticsearch.index_prefix"],
        force_refresh=value["elasticsearch.force_refresh"],
        path=value["search.path"],
        leases=value["search.leases"],
        poll_seconds=value["search.poll_seconds"],
        cache_bytes=value["search.cache_bytes"],
        limits=Limits(
            result_window=value["search.max_result_window"],
            size_of_inner_hits=value["search.max_inner_hits"],
            buckets=value["search.max_buckets"],
            terms_size=value["search.max_terms_size"],
            clauses=value["search.max_clauses"],
            depth=value["search.max_depth"],
            aggregations=value["search.max_aggregations"],
            regexp_length=value["search.max_regexp_length"],
            regexp_states=value["search.max_regexp_states"],
            body_bytes=value["search.max_body_bytes"],
            searches_per_request=value["search.max_searches"],
            timeout_seconds=value["search.timeout_seconds"],
        ),
    )


def _read(setting: Setting, settings: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    variable = f"KINTO_{setting.name.replace('.', '_').upper()}"
    given = environment.get(variable, settings.get(setting.name))
    text = setting.default if given is None else _text(given)
    try:
        return setting.parse(text)
    except ValueError as exc:
        raise ValueError(f"kinto.{setting.name} is {text!r}: {exc}") from exc


def _text(value: Any) -> str:
    """Undo Kinto's reading of values as JSON or lists."""
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
