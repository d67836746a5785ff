"""A limit on the depth of JSON in requests: Python's recursion limit, answered with 400."""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED


def includeme(config: Any) -> None:
    """Answer 400 where Kinto, which has no limit of its own, would answer 500."""
    config.add_view(_refuse, context=RecursionError, permission=NO_PERMISSION_REQUIRED)


def _refuse(error: RecursionError, request: Any) -> httpexceptions.HTTPException:
    return http_error(
        httpexceptions.HTTPBadRequest(),
        errno=ERRORS.INVALID_PARAMETERS,
        message="The request holds JSON that is nested too deep.",
    )
