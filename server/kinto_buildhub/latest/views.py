"""The addresses below ``/v1/latest``, and what they answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error, json_error_handler, request_GET
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from kinto_buildhub.catalog.context import CatalogContext
from kinto_buildhub.catalog.pages.records import URL, download_address, field_text
from kinto_buildhub.catalog.pages.texts import web_address
from kinto_buildhub.catalog.responses import add_validator
from kinto_buildhub.catalog.responses.page_address import root_url
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.completeness import find_completeness, read_coverage
from kinto_buildhub.catalog.searches.vocabulary import vocabulary_of
from kinto_buildhub.coverage.header import HEADER
from kinto_buildhub.latest.before import read_before
from kinto_buildhub.latest.errors import BadParameter, NoBuild
from kinto_buildhub.latest.matrix import find_matrix
from kinto_buildhub.latest.missing import explain_missing
from kinto_buildhub.latest.names import find_channel, find_locale, find_platform
from kinto_buildhub.latest.searches import (
    Record,
    find_channels,
    find_newest,
    narrow_to_esr,
)
from kinto_buildhub.latest.wanted import Wanted
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.endpoint.responses import search_error
from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.source import dump_json

_JSON = "application/json"

Make = Callable[[Any, Catalogue, Wanted], Response]


def build_response(request: Any, catalogue: Catalogue, wanted: Wanted) -> Response:
    """Lead to the file of the newest build, or send its record to whoever asks for JSON."""
    record = find_newest(catalogue, wanted)
    if not record:
        raise NoBuild(explain_missing(catalogue, wanted))
    if _asks_for_json(request):
        response = _json({"data": record, "url": download_address(record)})
    else:
        response = _redirect(record)
    response.vary = (*(response.vary or ()), "Accept")
    return response


def channel_response(request: Any, catalogue: Catalogue, wanted: Wanted) -> Response:
    """Send the newest build of a channel for each platform and locale."""
    matrix = find_matrix(catalogue, wanted)
    if not matrix:
        raise NoBuild(explain_missing(catalogue, wanted))
    return _json(
        {
            "data": {
                platform: {
                    locale: {"record": record, "url": download_address(record)}
                    for locale, record in locales.items()
                }
                for platform, locales in matrix.items()
            }
        }
    )


def product_response(request: Any, catalogue: Catalogue, wanted: Wanted) -> Response:
    """Send the channels of a product, each with its newest build."""
    channels = find_channels(catalogue, wanted).get(wanted.product)
    if channels is None:
        raise NoBuild(explain_missing(catalogue, wanted))
    return _json({"data": _summary(request, wanted.product, channels)})


def catalogue_response(request: Any, catalogue: Catalogue, wanted: Wanted) -> Response:
    """Send the channels of all products."""
    products = find_channels(catalogue, wanted)
    return _json(
        {"data": {name: _summary(request, name, channels) for name, channels in products.items()}}
    )


def _summary(request: Any, product: str, channels: Mapping[str, Record]) -> dict[str, Any]:
    below = f"{root_url(request)}/latest/{quote(product, safe='')}"
    return {
        channel: {
            "version": field_text(record, "target.version"),
            "build_id": field_text(record, "build.id"),
            "url": f"{below}/{quote(channel, safe='')}",
        }
        for channel, record in channels.items()
    }


def _asks_for_json(request: Any) -> bool:
    """Return whether JSON is asked for by name, and a page is not preferred."""
    if getattr(request, "parent", None) is not None:
        return True  # Part of a batch, whose answers are JSON.
    if not any(_JSON in each[0] for each in getattr(request.accept, "parsed", None) or ()):
        return False
    ranks = dict(request.accept.acceptable_offers([_JSON, "text/html"]))
    return bool(ranks.get(_JSON, 0) >= ranks.get("text/html", 0) and _JSON in ranks)


def _redirect(record: Record) -> Response:
    url = web_address(field_text(record, URL))
    if not url:
        raise NoBuild(f"The newest build is {record.get('id')}, whose {URL} is no web address.")
    response = Response(f"{url}\n", 302, content_type="text/plain", charset="UTF-8")
    response.location = url
    return response


def _json(content: Mapping[str, Any]) -> Response:
    response = Response(dump_json(content), content_type=_JSON, charset="UTF-8")
    add_validator(response)
    return response


def _read_wanted(request: Any, catalogue: Catalogue) -> Wanted:
    """Return what the address asks for, in the words of records."""
    names, vocabulary = request.matchdict, vocabulary_of(catalogue)
    product, channel = find_channel(names.get("product", ""), names.get("channel", ""), vocabulary)
    return Wanted(
        product=product,
        channel=channel,
        platform=find_platform(names.get("platform", ""), vocabulary),
        locale=find_locale(names.get("locale", ""), vocabulary),
        before=_read_before(request),
    )


def _read_before(request: Any) -> datetime | None:
    try:
        return read_before(request_GET(request))
    except BadParameter as exc:
        request.errors.add("querystring", exc.name, str(exc))
        raise json_error_handler(request) from exc


def _answering(make: Make) -> Callable[[Any], Response]:
    """Return the view that sends what *make* makes, or why there is nothing."""

    def answer(request: Any) -> Response:
        with spending(Budget(request.registry.buildhub_search.settings.limits)):
            try:
                return _answer(request, make)
            except SearchError as exc:
                raise search_error(exc) from exc

    return answer


def _answer(request: Any, make: Make) -> Response:
    catalogue, coverage = Catalogue(request), read_coverage(request)
    wanted = asked = _read_wanted(request, catalogue)
    try:
        wanted = narrow_to_esr(catalogue, asked)
        response = make(request, catalogue, wanted)
    except NoBuild as exc:
        response = http_error(HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message=str(exc))
    products, channels = ([name] if name else [] for name in (wanted.product, wanted.channel))
    until = find_completeness(coverage, products, channels).until
    if until is not None:
        response.headers[HEADER] = until
    response.cache_control = "no-cache"
    return response


def _service(name: str, path: str, make: Make) -> Service:
    service = Service(
        name=name,
        path=path,
        factory=CatalogContext,
        cors_headers=(*Service.default_cors_headers, HEADER, "ETag"),
    )
    service.add_view("GET", _answering(make), permission=DYNAMIC)
    return service


def _answer_other_parts(request: Any) -> Any:
    """Say which parts an address has."""
    parts = request.matchdict["parts"].split("/")
    message = (
        f"{len(parts)} parts are no address of builds. /latest/{{product}}/{{channel}}/{{platform}}"
        "/{locale} has the newest build, as /latest/firefox/nightly/win64/en-US; "
        "/latest/{product}/{channel} has those of all platforms and locales."
    )
    raise http_error(HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message=message)


# Scanning finds them by these names.
latest = _service("latest", "/latest", catalogue_response)
latest_product = _service("latest-product", "/latest/{product}", product_response)
latest_channel = _service("latest-channel", "/latest/{product}/{channel}", channel_response)
latest_build = _service(
    "latest-build", "/latest/{product}/{channel}/{platform}/{locale}", build_response
)
# Three parts, or five and more: people leave the locale out.
latest_other = Service(
    name="latest-other",
    path="/latest/{parts:[^/]+/[^/]+/[^/]+(?:/[^/]+/.+)?}",
    factory=CatalogContext,
)
latest_other.add_view("GET", _answer_other_parts, permission=DYNAMIC)
