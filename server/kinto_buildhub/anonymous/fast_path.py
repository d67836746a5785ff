"""One request on the fast path: who answers it, what is added to the answer, what is kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.anonymous.access_log import AccessLog
from kinto_buildhub.anonymous.eligibility import (
    EligibleRequest,
    are_reads_observed,
    eligible_request,
    may_keep_responses,
)
from kinto_buildhub.anonymous.failures import FailureLog
from kinto_buildhub.anonymous.kept_answers import KeptAnswers, Key
from kinto_buildhub.anonymous.leases import Permissions
from kinto_buildhub.anonymous.queries.permissions import PermissionQueries
from kinto_buildhub.anonymous.records import RecordLists, is_read
from kinto_buildhub.anonymous.responses import (
    RECORDS,
    CompleteUntil,
    KeptResponse,
    keep_response,
)
from kinto_buildhub.anonymous.search import ENDPOINTS, Searches
from kinto_buildhub.coverage.completeness import CollectionCoverage
from kinto_buildhub.execution import Response
from kinto_buildhub.storage import Storage

_RECORD = re.compile(r"records/[a-zA-Z0-9][a-zA-Z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request.

    Attributes:
        response: for Pyramid; None leaves the request to Kinto's own path.
        keep: called with the response of Kinto's own path; returns what to send.
    """

    response: Response | None
    keep: Callable[[Response], Response] | None = None


class FastPath:
    """Answers eligible requests.

    Args:
        router: Pyramid's.
        queries: asks the database who may read.
        permissions: the same, or leases in front of it.
        failures: where what goes wrong is reported.
    """

    def __init__(
        self,
        router: Any,
        queries: PermissionQueries,
        permissions: Permissions,
        failures: FailureLog,
    ) -> None:
        registry = router.registry
        search, can_keep = registry.buildhub_search, may_keep_responses(registry)
        self._failures = failures
        self._access_log = AccessLog(registry)
        self._complete_until = CompleteUntil(registry.buildhub_coverage)
        self._queries, self._can_keep = queries, can_keep
        self._kept = KeptAnswers()
        self._lists: RecordLists | None = None
        self._searches: Searches | None = None
        if type(registry.storage) is Storage and not are_reads_observed(registry):
            self._lists = RecordLists(router, queries.database)
        if can_keep and search.enabled and not search.settings.hosts:
            self._searches = Searches(search, permissions, registry.settings)

    def answer(self, environ: dict[str, Any], start_ms: int) -> Answered | None:
        """Answer a request; None leaves it to Kinto's own path altogether.

        Args:
            start_ms: when it came.
        """
        request = eligible_request(environ)
        if request is None or self._access_log.is_verbose:
            return None
        try:
            if request.endpoint in ENDPOINTS:
                return self._answer_search(request, start_ms)
            if self._lists is not None and is_read(request):
                if request.endpoint == RECORDS:
                    return self._answer_list(request, self._lists, start_ms)
                if _RECORD.fullmatch(request.endpoint):
                    return self._answer_record(request, start_ms)
        except Exception as exc:  # noqa: BLE001 - Kinto's own path has the last word.
            self._failures.report(exc)
        return None

    def _answer_search(self, request: EligibleRequest, start_ms: int) -> Answered | None:
        searches = self._searches
        if searches is None:
            return None
        coverage = self._complete_until.find_coverage(request)
        answer = searches.answer(request)
        if answer is None:
            return Answered(None, lambda response: searches.learn_headers(request, response))
        return self._send(request, answer, coverage, start_ms)

    def _answer_list(
        self, request: EligibleRequest, lists: RecordLists, start_ms: int
    ) -> Answered | None:
        coverage = self._complete_until.find_coverage(request)
        collection = self._queries.fetch_collection(request.index)
        if collection is None:
            return None
        key = self._kept.key(request, collection.state) if self._can_keep else None
        kept = self._kept.get(key)
        if kept is not None:
            return self._send(request, kept, coverage, start_ms)
        response = lists.answer(request, collection)
        if response is None:
            return None
        response = self._keep(key, request, response)
        return Answered(self._complete_until.add_to(response, request, coverage))

    def _answer_record(self, request: EligibleRequest, start_ms: int) -> Answered | None:
        if not self._can_keep:
            return None
        key = self._kept.key(request, self._queries.fetch_state())
        kept = self._kept.get(key)
        if kept is not None:
            return self._send(request, kept, None, start_ms)
        return Answered(None, lambda response: self._keep(key, request, response))

    def _send(
        self,
        request: EligibleRequest,
        answer: KeptResponse,
        coverage: CollectionCoverage | None,
        start_ms: int,
    ) -> Answered:
        self._access_log.write(request, answer.status_code, len(answer.body), start_ms)
        return Answered(self._complete_until.add_to(answer, request, coverage))

    def _keep(self, key: Key | None, request: EligibleRequest, response: Any) -> Any:
        """Keep a response of Pyramid's if that is possible, and return what to send."""
        if key is None:
            return response
        answer = keep_response(response, self._kept.max_bytes)
        if answer is None:
            return response
        self._kept.put(key, answer)
        return answer
