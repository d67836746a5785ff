"""The endpoint: who may listen, from where on, and whether there is a place."""

import re
from typing import Any, NoReturn

from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error, json_error_handler, raise_invalid
from kinto.core.utils import current_service
from kinto.views import object_exists_or_404
from pyramid.httpexceptions import HTTPNotImplemented, HTTPServiceUnavailable

from kinto_buildhub.changes.event_stream import MEDIA_TYPE, render_start
from kinto_buildhub.changes.listeners import Listener, Places
from kinto_buildhub.changes.reader import Reader
from kinto_buildhub.client_policies.rates import address_key
from kinto_buildhub.client_presence import can_keep_open, keep_open
from kinto_buildhub.collection_context import COLLECTION, CollectionContext
from kinto_buildhub.execution import StreamedResponse
from kinto_buildhub.request_hooks.headers.entity_tags import strong_tag
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.settings import PREFIX

_SINCE = "_since"
_LAST_EVENT_ID = "Last-Event-ID"
# Timestamps have thirteen digits until the year 2286. As entity tags they have quotes, and more.
_TIMESTAMP = re.compile(r'([0-9]{1,14})|"([0-9]{1,14})"')

changes = Service(
    name="changes",
    path=COLLECTION + "/changes",
    description="Changes of a collection as they happen",
    factory=CollectionContext,
    error_handler=json_error_handler,
)


@changes.get(permission=DYNAMIC)  # type: ignore[untyped-decorator]
def get_changes(request: Any) -> StreamedResponse:
    """Send each change of a record as it happens, until the client leaves."""
    _check_request(request)
    index = IndexId(request.matchdict["bucket_id"], request.matchdict["collection_id"])
    object_exists_or_404(request, "collection", index.collection_id, parent_id=index.bucket_uri)
    newest = int(request.registry.storage.resource_timestamp("record", index.collection_uri))
    position = _read_position(request, newest)
    if not can_keep_open() or not request.registry.buildhub_settings["buildhub.max_listeners"]:
        raise _not_implemented()
    if request.method != "HEAD":
        _listen(request, index, position)
    return StreamedResponse(
        app_iter=[render_start(position)],
        content_type=MEDIA_TYPE,
        charset="utf-8",
        headerlist=[
            ("Content-Type", MEDIA_TYPE),
            ("Cache-Control", "no-store"),
            # Of nginx: it would keep events until it has a page full of them.
            ("X-Accel-Buffering", "no"),
        ],
    )


def _listen(request: Any, index: IndexId, position: int) -> None:
    places: Places = request.registry.buildhub_listener_places
    hub = request.registry.buildhub_changes
    remote_addr = str(request.remote_addr or "")
    address = address_key(remote_addr) or remote_addr
    full = places.take(address)
    if full is not None:
        raise _full(full)

    def leave(listener: Listener) -> None:
        hub.leave(listener)
        places.give_back(address)

    try:
        reader = Reader(request, index)
        keep_open(Listener(reader, position, join=hub.join, on_ready=hub.wake, leave=leave))
    except BaseException:
        places.give_back(address)
        raise


def _check_request(request: Any) -> None:
    for name in request.GET:
        if name != _SINCE:
            _refuse(request, "querystring", name, f"is not known here; there is only {_SINCE}")
    parent = getattr(request, "parent", None)
    service = None if parent is None else current_service(parent)
    if service is not None and service.name == "batch":
        _refuse(request, "path", "path", "a stream of changes cannot be part of a batch")


def _read_position(request: Any, newest: int) -> int:
    """Return the timestamp after which the client wants changes; by default, those from now on.

    A browser that comes back sends the address that it was given first, and in the header how far
    it has come.
    """
    if _LAST_EVENT_ID in request.headers:
        place, name, text = "header", _LAST_EVENT_ID, request.headers[_LAST_EVENT_ID]
    elif _SINCE in request.GET:
        place, name, text = "querystring", _SINCE, request.GET[_SINCE]
    else:
        return newest
    found = _TIMESTAMP.fullmatch(strong_tag(text.strip()))
    if found is None:
        _refuse(request, place, name, f"{text!r} is not a timestamp in milliseconds")
    position = int(found[1] or found[2])
    if position > newest:
        problem = f"{position} is later than the last change here, {newest}"
        _refuse(request, place, name, f"{problem}: it is of another collection")
    return position


def _refuse(request: Any, place: str, name: str, description: str) -> NoReturn:
    raise_invalid(request, location=place, name=name, description=description)
    raise AssertionError("it has raised")


def _not_implemented() -> Exception:
    error: Exception = http_error(
        HTTPNotImplemented(),
        errno=ERRORS.UNDEFINED,
        message="This server keeps no connections open: poll /records?_since= instead.",
    )
    return error


def _full(setting: str) -> Exception:
    error: Exception = http_error(  # Kinto says when to try again.
        HTTPServiceUnavailable(),
        errno=ERRORS.BACKEND,
        message=f"There are as many listeners as {PREFIX}{setting} allows: poll "
        "/records?_since= instead, or try again later.",
    )
    return error
