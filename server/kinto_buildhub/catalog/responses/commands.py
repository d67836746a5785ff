"""The commands that get a page's data: with curl, and in Python."""

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.responses.page_address import collection_url, page_url, root_url


class Command(NamedTuple):
    """Two ways to get the same.

    Attributes:
        gets: what they print.
        curl: for a shell.
        python: a program.
    """

    gets: str
    curl: str
    python: str


def page_commands(request: Any, page: Page) -> tuple[Command, ...]:
    """Return the commands for the data of a page, the simplest first."""
    return tuple(_iter_commands(request, page))


def _iter_commands(request: Any, page: Page) -> Iterator[Command]:
    url = page_url(request, "json")
    yield Command("This page as JSON", f"curl {shlex.quote(url)}", _get(url))
    for question in page.requests():
        if question.left_out:
            continue
        url = f"{collection_url(request)}/{question.address}"
        if question.body is not None:
            yield Command("The same search", _curl_post(url, question), _post(url, question))
        elif question.endpoint == "records":
            python = _kinto_client(request, question)
            yield Command("The records", f"curl {shlex.quote(url)}", python)
        else:
            yield Command("The record", f"curl {shlex.quote(url)}", _get(url))


def _get(url: str) -> str:
    return f"""import requests

answer = requests.get({url!r}, timeout=60)
answer.raise_for_status()
print(answer.json())"""


def _post(url: str, question: ApiRequest) -> str:
    return f"""import requests

search = {question.body!r}
answer = requests.post({url!r}, json=search, timeout=60)
answer.raise_for_status()
print(answer.json())"""


def _curl_post(url: str, question: ApiRequest) -> str:
    body = shlex.quote(json.dumps(question.body))
    return f"curl {shlex.quote(url)} -H 'Content-Type: application/json' -d {body}"


def _kinto_client(request: Any, question: ApiRequest) -> str:
    bucket_id, collection_id = request.registry.buildhub_catalog_collection
    filters = dict(question.parameters)
    # With a limit, the client would go on to the end.
    pages = ", pages=1" if "_limit" in filters else ""
    return f"""import kinto_http

client = kinto_http.Client(server_url={root_url(request)!r})
filters = {filters!r}
records = client.get_records(bucket={bucket_id!r}, collection={collection_id!r}{pages}, **filters)
print(records)"""
