"""Errors as ``application/problem+json``, see RFC 9457.

Kinto's keys stay beside those of the RFC, which has a place for more: whoever reads one shape finds
it in the other.
"""

from typing import Any

from pyramid.events import NewResponse

from kinto_buildhub.negotiation.accept import JSON, PROBLEM, prefers_problem
from kinto_buildhub.version import DOCS_URL

TYPE = f"{DOCS_URL}en/latest/api/status-codes.html#errno-"
"""The address of what is said about an error, without its number."""


def includeme(config: Any) -> None:
    """Subscribe to each response."""
    config.add_subscriber(_on_new_response, NewResponse)


def to_problem(error: dict[str, Any], instance: str) -> dict[str, Any]:
    """Return one of Kinto's errors as a problem.

    Args:
        instance: the path and the query of the request.
    """
    title = error.get("error")
    problem = {
        "type": f"{TYPE}{error['errno']}",
        "title": title if isinstance(title, str) else error.get("message"),
        "status": error["code"],
        "detail": error.get("message"),
        "instance": instance,
    }
    return {name: value for name, value in problem.items() if value is not None} | {
        name: value for name, value in error.items() if name not in problem
    }


def _on_new_response(event: Any) -> None:
    request, response = event.request, event.response
    if response.status_code < 400 or response.content_type != JSON:
        return
    if getattr(request, "parent", None) is not None:
        return  # Answers within a batch are a part of its JSON.
    response.vary = (*(response.vary or ()), "Accept")
    if request.method == "HEAD" or not prefers_problem(request.environ.get("HTTP_ACCEPT", "")):
        return
    error = response.json
    if isinstance(error, dict) and {"code", "errno"} <= error.keys():
        response.json = to_problem(error, request.path_qs)
        response.content_type, response.charset = PROBLEM, None
