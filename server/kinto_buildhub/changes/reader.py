"""Who listens, and whether that is still allowed, after the request itself is long over."""

from typing import Any

from kinto.core.utils import build_request
from pyramid.interfaces import IRoutesMapper

from kinto_buildhub.collection_context import may_access_records
from kinto_buildhub.credentials.policy import find_credential
from kinto_buildhub.search.index_names import IndexId

ANONYMOUS = ""


class Reader:
    """Whoever has sent a request to listen.

    Args:
        request: it.

    Attributes:
        index: the collection.
        key: the same for readers who may read the same; None for one that is like no other.
    """

    def __init__(self, request: Any, index: IndexId) -> None:
        self._request, self.index = request, index
        self._credential = find_credential(request)
        is_anonymous = "Authorization" not in request.headers and "Cookie" not in request.headers
        self.key: str | None = ANONYMOUS if is_anonymous else None

    def may_read(self) -> bool:
        """Return whether the user may list the records now: from a request made of the old one.

        Raises:
            HTTPClientError: the credentials do not work any more.
        """
        fresh = self._build_request()
        if self._credential is not None:
            # A signature is for one request, so what is looked up again is whose it was.
            authenticator = fresh.registry.buildhub_authenticator
            if not authenticator.renew(fresh, self._credential):
                return False
        return may_access_records(fresh, "read", *self.index)

    def _build_request(self) -> Any:
        old = self._request
        fresh = build_request(old, {"method": "GET", "path": old.path})
        del fresh.parent
        fresh.environ["REMOTE_ADDR"] = old.environ.get("REMOTE_ADDR", "")
        route = fresh.registry.queryUtility(IRoutesMapper)(fresh)
        fresh.matchdict, fresh.matched_route = route["match"], route["route"]
        fresh.bound_data = {}
        return fresh
