"""Filters typed by the collection's schema, and the bounds that Kinto has no words for.

Kinto reads each value of a query string as JSON where it can, so the digits of a build ID become
a number that equals no text. Here the query string is put into Kinto's own language before Kinto
reads it; Kinto then does all the rest, and nothing of it is replaced. A collection without a
schema is left alone.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from kinto.core.errors import request_GET
from kinto.core.utils import current_service, instance_uri
from kinto.views import object_exists_or_404
from pyramid.events import ContextFound
from pyramid.httpexceptions import HTTPException, HTTPNotFound

from kinto_buildhub.filters.bounds import expand_bounds
from kinto_buildhub.filters.checks import check_list, check_object
from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.filters.openapi import describe
from kinto_buildhub.filters.timestamps import check_deletion, check_timestamps, strong_tags
from kinto_buildhub.filters.typed import Pairs, merge_lists, typed_query

_METHODS = frozenset({"GET", "HEAD", "DELETE"})


def includeme(config: Any) -> None:
    """Check the query string of each request for records, and rewrite that of lists."""
    config.add_api_capability(
        "filters",
        description="Filters compare as the collection's schema declares; gte, lt and date_range.",
        url="https://buildhub.readthedocs.io/en/latest/api/filters.html",
    )
    config.add_subscriber(FilterRewriter(), ContextFound)
    describe()


def today_utc() -> date:
    """Return the day that it is in UTC."""
    return datetime.now(UTC).date()


def rewrite(pairs: Pairs, schema: Any, *, today: date) -> str | None:
    """Return the query string in Kinto's language; None where it is in that already.

    Args:
        pairs: of the query string.
        schema: the collection's; anything but a JSON object declares nothing.
        today: the day from which ``date_range`` counts back, in UTC.

    Raises:
        BadFilter: a filter has no meaning.
    """
    check_timestamps(pairs)
    rewritten = strong_tags(pairs)
    if isinstance(schema, dict) and schema:
        check_list(rewritten, schema)
        rewritten = merge_lists(rewritten, schema)
        rewritten = typed_query(expand_bounds(rewritten, schema, today=today), schema)
    return urlencode(rewritten) if rewritten != pairs else None


def rewrite_deletion(pairs: Pairs) -> str | None:
    """Return the query string of the deletion of one object; None where nothing changes.

    Raises:
        BadFilter: its timestamp is none.
    """
    rewritten = check_deletion(pairs)
    return urlencode(rewritten) if rewritten != pairs else None


class FilterRewriter:
    """Puts the query string of a list of records into Kinto's language.

    It runs between routing and the permission check, for each request of a batch. It only notes
    what is wrong with a filter: whoever may not read learns nothing else.
    """

    def __init__(self, today: Callable[[], date] = today_utc) -> None:
        self.today = today

    def __call__(self, event: Any) -> None:
        """Rewrite the request of a ``ContextFound`` event, if it filters records.

        Of other lists only filters by their timestamp are looked at.
        """
        request = event.request
        service_type = getattr(current_service(request), "type", None)
        if request.method not in _METHODS or service_type not in ("plural", "object"):
            return
        pairs = _query_pairs(request)
        schema = _collection_schema(request) if pairs and _is_of_records(request) else None
        try:
            if service_type == "object":
                check_object(pairs, schema or {})
                rewritten = rewrite_deletion(pairs) if request.method == "DELETE" else None
            else:
                rewritten = rewrite(pairs, schema, today=self.today())
        except BadFilter as exc:
            request.errors.add("querystring", exc.parameter, str(exc))
        else:
            if rewritten is not None:
                request.environ["QUERY_STRING"] = rewritten


def _query_pairs(request: Any) -> Pairs:
    try:
        return list(request_GET(request).items())
    except HTTPException:
        return []  # Not UTF-8. Kinto says so after it has checked permissions.


def _is_of_records(request: Any) -> bool:
    return bool(request.current_resource_name == "record")


def _collection_schema(request: Any) -> dict[str, Any] | None:
    """Return the schema of the collection, kept where Kinto's view of records looks for it."""
    bucket_id, collection_id = (request.matchdict[k] for k in ("bucket_id", "collection_id"))
    collections = request.bound_data.setdefault("collections", {})
    try:
        uri = instance_uri(request, "collection", bucket_id=bucket_id, id=collection_id)
        # The default bucket leaves an empty stand-in for a collection that exists.
        if not collections.get(uri):
            collections[uri] = object_exists_or_404(
                request,
                resource_name="collection",
                parent_id=instance_uri(request, "bucket", id=bucket_id),
                object_id=collection_id,
            )
    except HTTPNotFound:
        return None  # Whether that is a 404, 403 or 401 is Kinto's to say.
    schema = collections[uri].get("schema")
    return schema if isinstance(schema, dict) else None
