"""Answers and errors of the search endpoints as HTTP responses."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kinto.core.errors import ERRORS, http_error, request_GET
from pyramid import httpexceptions
from pyramid.response import Response

from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.endpoint.filter_path import filter_answer
from kinto_buildhub.search.errors import (
    BadQuery,
    ContextMissing,
    IndexMissing,
    SearchError,
    TimedOut,
)
from kinto_buildhub.search.source import dump_json, load_json

# Elasticsearch's official clients refuse a server that does not send it.
PRODUCT_HEADERS = {"X-Elastic-Product": "Elasticsearch"}

_BUDGET = "search_budget"

CONTEXT_MISSING = "search_context_missing_exception"

DEFAULT_RETRY_AFTER_SECONDS = 30

# Elasticsearch's error types, where the error does not say more.
_KINDS = {
    400: "illegal_argument_exception",
    401: "security_exception",
    403: "security_exception",
    404: "index_not_found_exception",
    405: "illegal_argument_exception",
    413: "content_too_long_exception",
    429: "circuit_breaking_exception",
    503: "no_shard_available_action_exception",
    504: "timeout_exception",
}


class StatusAnswer(NamedTuple):
    """An answer with a status of its own."""

    status: int
    body: dict[str, Any]


View = Callable[[Any], bytes | dict[str, Any] | StatusAnswer]
ErrorRenderer = Callable[[SearchError], httpexceptions.HTTPException]


def kinto_error(exc: SearchError) -> httpexceptions.HTTPException:
    """Return the response for an error to a client of Elasticsearch, in Kinto's error shape."""
    response = search_error(exc)
    response.headers.update(PRODUCT_HEADERS)
    return response


def search_error(exc: SearchError) -> httpexceptions.HTTPException:
    """Return the response for an error, in Kinto's error shape."""
    if isinstance(exc, BadQuery):
        return http_error(
            httpexceptions.HTTPBadRequest(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=str(exc),
            details=_details(exc),
        )
    if isinstance(exc, IndexMissing):
        return http_error(
            httpexceptions.HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message=str(exc)
        )
    if isinstance(exc, ContextMissing):
        return http_error(
            httpexceptions.HTTPNotFound(),
            errno=ERRORS.MISSING_RESOURCE,
            message=str(exc),
            details={"type": CONTEXT_MISSING, "reason": str(exc)},
        )
    if isinstance(exc, TimedOut):
        return http_error(
            httpexceptions.HTTPGatewayTimeout(), errno=ERRORS.BACKEND, message=str(exc)
        )
    response = http_error(
        httpexceptions.HTTPServiceUnavailable(), errno=ERRORS.BACKEND, message=str(exc)
    )
    seconds = getattr(exc, "retry_after_seconds", DEFAULT_RETRY_AFTER_SECONDS)
    response.headers["Retry-After"] = str(seconds)
    return response


def _details(exc: BadQuery) -> dict[str, str]:
    details = {"type": exc.kind, "reason": exc.reason}
    return {**details, "path": exc.path} if exc.path else details


def elastic_error(exc: SearchError) -> dict[str, Any]:
    """Return an error in Elasticsearch's shape, as it stands among the answers of ``_msearch``."""
    if isinstance(exc, BadQuery):
        return elastic_body(400, str(exc), exc.kind)
    if isinstance(exc, ContextMissing):
        return elastic_body(404, str(exc), CONTEXT_MISSING)
    status = {IndexMissing: 404, TimedOut: 504}.get(type(exc), 503)
    return elastic_body(status, str(exc))


def elastic_body(status: int, reason: str, kind: str | None = None) -> dict[str, Any]:
    """Return the body of an error in Elasticsearch's shape.

    Args:
        kind: Elasticsearch's name of the error type; None: that of most errors with this status.
    """
    error = {"type": kind or _KINDS.get(status, "exception"), "reason": reason}
    return {"error": {"root_cause": [error], **error}, "status": status}


def responding(view: View, render_error: ErrorRenderer = kinto_error) -> Callable[[Any], Response]:
    """Return a Pyramid view that sends as JSON what *view* returns or raises."""

    def respond(request: Any) -> Response:
        # The requests of a batch share what is bound to the batch.
        budget = request.bound_data.get(_BUDGET)
        if budget is None:
            limits = request.registry.buildhub_search.settings.limits
            budget = request.bound_data[_BUDGET] = Budget(limits)
        try:
            with spending(budget):
                found = _filtered(request, view(request))
        except SearchError as exc:
            raise render_error(exc) from exc
        status, content = found if isinstance(found, StatusAnswer) else (200, found)
        body = content if isinstance(content, bytes) else dump_json(content)
        response = Response(body, status, content_type="application/json", charset="UTF-8")
        response.headers.update(PRODUCT_HEADERS)
        return response

    return respond


def _filtered(request: Any, found: Any) -> Any:
    """Return what a view returned, or the parts of it that the URL asks for."""
    patterns = request_GET(request).get("filter_path")
    if not patterns:
        return found
    if isinstance(found, StatusAnswer):
        return StatusAnswer(found[0], _filtered(request, found[1]))
    content = found if isinstance(found, bytes) else dump_json(found)
    return filter_answer(load_json(content), patterns)
