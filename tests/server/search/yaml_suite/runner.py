"""Runs tests against a genuine Elasticsearch and our server."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.server.search.answer_differences import differences
from tests.server.search.yaml_suite.assertions import (
    MISSING,
    Variables,
    failure,
    find,
    is_equal,
    with_variables,
)
from tests.server.search.yaml_suite.outcomes import (
    PASSED,
    Outcome,
    Result,
    not_applicable,
    refused,
    worst,
)
from tests.server.search.yaml_suite.servers import Answer, CannotMirror, Collections, Elasticsearch
from tests.server.search.yaml_suite.spec import HttpRequest, Step, YamlTest, build_request

# The APIs that read. They are asked of both sides; all others of the genuine server alone.
READING = ("search", "count", "msearch", "get", "get_source", "exists", "exists_source", "mget")
# They go on with a search, in the collection that it was in.
CONTINUING = ("scroll", "clear_scroll")
# They see documents before a refresh.
_REALTIME = ("get", "get_source", "exists", "exists_source", "mget")

_FEATURES = {
    "arbitrary_key",
    "allowed_warnings",
    "warnings",
    "contains",
    "default_shards",
    "no_xpack",
    "headers",
    "yaml",
    "regex",
    "stash_in_path",
}
_DIRECTIVES = ("catch", "warnings", "allowed_warnings", "headers", "node_selector")
_STATUS = {
    "bad_request": (400,),
    "missing": (404,),
    "conflict": (409,),
    "forbidden": (403,),
    "unavailable": (503,),
    "request_timeout": (408,),
}


def run(test: YamlTest, genuine: Elasticsearch, collections: Collections) -> Outcome:
    """Run a test; the servers are empty before and after it."""
    if row := not_applicable(test):
        return Outcome(Result.NOT_APPLICABLE, row.why)
    try:
        return worst(_Run(test, genuine, collections).outcomes())
    finally:
        genuine.empty()
        collections.empty()


class _Run:
    def __init__(self, test: YamlTest, genuine: Elasticsearch, collections: Collections) -> None:
        self._test, self._genuine, self._collections = test, genuine, collections
        self._searches = json.dumps(
            [
                arguments
                for step in (*test.setup, *test.steps)
                for api, arguments in step.get("do", {}).items()
                if api in READING
            ]
        )
        # The variables and last answers of both sides; ours is None where it was not asked.
        self._genuine_variables: Variables = {}
        self._our_variables: Variables = {}
        self._expected: Any = None
        self._found: Answer | None = None
        # The collection that was asked last.
        self._path: str | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what comes of the steps; the first that cannot be done is the last."""
        try:
            for step in (*self._test.setup, *self._test.steps):
                for kind, argument in step.items():
                    outcome = self._step(kind, argument)
                    yield outcome
                    if outcome.result is Result.NOT_APPLICABLE:
                        return
        finally:
            for step in self._test.teardown:
                if "do" in step:
                    self._ask_genuine(step["do"])

    def _step(self, kind: str, argument: Any) -> Outcome:
        if kind == "skip":
            return self._skip(argument)
        if kind == "do":
            return self._do(argument)
        if kind == "set":
            for path, name in argument.items():
                self._genuine_variables[name] = find(self._expected, path)
                if self._found is not None:
                    self._our_variables[name] = find(self._found.body, path)
            return PASSED
        if self._found is None:
            return PASSED
        if failure(kind, argument, self._expected, self._genuine_variables):
            return PASSED  # Another version of Elasticsearch.
        why = failure(kind, argument, self._found.body, self._our_variables)
        return Outcome(Result.WRONG, why) if why else PASSED

    @staticmethod
    def _skip(argument: Any) -> Outcome:
        features = argument.get("features", [])
        unknown = {features} if isinstance(features, str) else set(features)
        if unknown - _FEATURES:
            return Outcome(Result.NOT_APPLICABLE, f"needs {sorted(unknown - _FEATURES)}")
        last = str(argument.get("version", "")).rpartition("-")[2].strip()
        if "version" in argument and (last == "" or last == "all" or _numbers(last) >= (7, 17)):
            return Outcome(Result.NOT_APPLICABLE, f"skipped: {argument.get('reason')}")
        return PASSED

    def _do(self, step: Step) -> Outcome:
        self._found = None
        api = next(name for name in step if name not in _DIRECTIVES)
        arguments = dict(step[api] or {})
        ignored = arguments.pop("ignore", None)
        if api in CONTINUING:
            return self._continue(api, arguments)
        if api not in READING:
            answer = self._ask_genuine({**step, api: arguments})
            if answer is not None and answer.status >= 400 and "catch" not in step and not ignored:
                why = f"{api} is refused by a newer Elasticsearch: {answer.body}"
                return Outcome(Result.NOT_APPLICABLE, why[:300])
            return PASSED
        try:
            return self._search(api, arguments)
        except CannotMirror as exc:
            return _refusal(str(exc)) if exc.refused else Outcome(Result.NOT_APPLICABLE, str(exc))

    def _ask_genuine(self, step: Step) -> Answer | None:
        api = next(name for name in step if name not in _DIRECTIVES)
        arguments = with_variables(step[api] or {}, self._genuine_variables)
        request = build_request(api, arguments)
        if request is None:
            self._expected = None
            return None
        answer = self._genuine.ask(request)
        self._expected = answer.body
        return answer

    def _search(self, api: str, arguments: dict[str, Any]) -> Outcome:
        if api in _REALTIME:
            self._genuine.refresh()
        # An index without documents adds nothing to a search of several.
        indexes = self._genuine.indexes(
            _names(api, arguments) or "_all", filled=api not in ("msearch", "mget")
        )
        if len(indexes) > 1:
            return Outcome(Result.NOT_APPLICABLE, "a search is of one collection")
        if not indexes:
            return Outcome(Result.NOT_APPLICABLE, "there is no collection to search")
        (index,) = indexes
        if api not in ("msearch", "mget") or "index" in arguments:
            arguments = {**arguments, "index": index}
        expected = self._ask_genuine({api: arguments})
        if expected is None:
            return Outcome(Result.NOT_APPLICABLE, "the client refuses it")
        self._path = self._collections.mirror(index, self._searches)
        collection_id = self._path.rpartition("/")[2]
        if api in ("msearch", "mget") and collection_id != index:
            return Outcome(Result.NOT_APPLICABLE, f"Kinto has no collection ID {index!r}")
        if "index" in arguments:
            arguments["index"] = collection_id
        return self._ask_ours(api, arguments, expected)

    def _continue(self, api: str, arguments: dict[str, Any]) -> Outcome:
        expected = self._ask_genuine({api: arguments})
        if self._path is None or expected is None:
            return Outcome(Result.NOT_APPLICABLE, "there is no collection to search")
        if "$scroll_id" in with_variables(arguments, self._our_variables).values():
            return PASSED  # The search was refused.
        return self._ask_ours(api, arguments, expected)

    def _ask_ours(self, api: str, arguments: dict[str, Any], expected: Answer) -> Outcome:
        request = build_request(api, with_variables(arguments, self._our_variables))
        assert request is not None
        assert self._path is not None
        self._found = found = self._collections.ask(self._path, request)
        outcome = compare(request, expected, found)
        if found.status >= 400:
            self._found = None  # What follows is about the words of errors.
        return outcome


def compare(request: HttpRequest, expected: Answer, found: Answer) -> Outcome:
    """Compare two answers."""
    if found.status >= 500:
        return Outcome(Result.SERVER_ERROR, f"{_shown(request)}: {found.status} {found.body}")
    if expected.status >= 400 and found.status >= 400:
        return PASSED
    if found.status >= 400:
        return _refusal(f"{_message(found.body)} [{_shown(request)}]")
    if expected.status >= 400:
        why = f"{_shown(request)} is answered, expected {expected.status} {expected.body}"
        return Outcome(Result.WRONG, why[:1000])
    differing = _differences(request, expected.body, found.body)
    if differing:
        return Outcome(Result.SILENT, "\n".join([_shown(request), *differing[:10]]))
    return PASSED


def _differences(request: HttpRequest, expected: Any, found: Any) -> list[str]:
    asked = {**request.parameters}
    if isinstance(request.body, dict):
        asked |= request.body
    expected, found = _without_own(expected), _without_own(found)
    both = (expected, found)
    if not all(isinstance(each, dict) for each in both):
        return [] if is_equal(found, expected) else [f"{found!r}, expected {expected!r}"]
    if not all(isinstance(each.get("hits"), dict) and "hits" in each["hits"] for each in both):
        asked["sort"] = ""  # There are no hits to compare as a set.
    return differences(asked, expected, found)


_OWN = {
    *("_index", "_type", "_version", "_seq_no", "_primary_term", "_routing"),
    *("_scroll_id", "num_reduce_phases"),
}


def _without_own(value: Any) -> Any:
    """Leave out what each server has its own: names, versions."""
    if isinstance(value, list):
        return [_without_own(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("error"), dict):
        # The words of errors are each server's own.
        value = {**value, "error": {"type": value["error"].get("type")}}
    return {
        key: _without_own(item)
        for key, item in value.items()
        # Elasticsearch 7 adds an empty `meta` to some aggregations.
        if key not in _OWN and not (key == "meta" and item == {})
    }


def _refusal(message: str) -> Outcome:
    if refused(message):
        return Outcome(Result.REFUSED, message)
    return Outcome(Result.WRONG, f"refused: {message}")


def _message(body: Any) -> str:
    for path in ("message", "error.reason"):
        if (found := find(body, path)) is not MISSING:
            return str(found)
    return str(body)


def _shown(request: HttpRequest) -> str:
    text = f"{request.path} {request.parameters or ''} {json.dumps(request.body)}"
    return text if len(text) < 600 else f"{text[:600]}…"


def _names(api: str, arguments: dict[str, Any]) -> str:
    """Return the names of the indexes that a request is about, with commas."""
    names = arguments.get("index") or ""
    found = [names] if isinstance(names, str) else list(names)
    if api == "mget":
        for document in (arguments.get("body") or {}).get("docs", []):
            found += [document["_index"]] if "_index" in document else []
    if api == "msearch":
        for header in (arguments.get("body") or [])[::2]:
            if isinstance(header, dict):
                index = header.get("index") or "_all"
                found += [index] if isinstance(index, str) else index
    return ",".join(dict.fromkeys(name for name in found if name))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
