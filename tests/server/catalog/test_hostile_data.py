"""Hostile records are shown as text, on every page that shows them and in every format."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import webtest
from buildhub_schema import collection_metadata

from tests.server.catalog.conftest import CATALOGUE
from tests.server.catalog.hostile_records import TEXTS, hostile_records

RECORDS = hostile_records()
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.fixture(scope="module")
def hostile(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue whose collection has no JSON schema, so that it takes all of them."""
    metadata = collection_metadata()
    del metadata["schema"]
    return make_catalogue(RECORDS, metadata=metadata)


def iter_addresses() -> Iterator[Any]:
    """Yield the address of each page that shows a hostile record, with a place for the format."""
    yield pytest.param(f"{CATALOGUE}{{}}?size=1000", id="all")
    yield pytest.param(f"{CATALOGUE}{{}}?size=1000&sort=size", id="all-by-size")
    for name, text in TEXTS.items():
        query, segment = quote(text[:100]), quote(text[:100], safe="")
        yield pytest.param(f"{CATALOGUE}{{}}?q={query}", id=f"typed-{name}")
        yield pytest.param(f"{CATALOGUE}{{}}?version={query}", id=f"chosen-{name}")
        if text.strip():
            yield pytest.param(f"{CATALOGUE}builds/{segment}{{}}", id=f"build-{name}")
            for product in (segment, "firefox"):
                path = f"{CATALOGUE}versions/{product}/{segment}{{}}"
                yield pytest.param(path, id=f"version-{product[:7]}-{name}")
    yield pytest.param(f"{CATALOGUE}products/firefox{{}}", id="product")
    yield pytest.param(f"{CATALOGUE}versions/firefox/53.0b9{{}}", id="version")
    for record in RECORDS:
        yield pytest.param(f"{CATALOGUE}records/{record['id']}{{}}", id=f"record-{record['id']}")


each_address = pytest.mark.parametrize("address", tuple(iter_addresses()))


def get(app: webtest.TestApp, address: str) -> webtest.TestResponse:
    """Return a page; of a thing with such a name there may be none."""
    response = app.get(address, status="*")
    expected = (200,) if "?" in address or "/records/" in address else (200, 400, 404)
    assert response.status_int in expected, response.text[-2000:]
    return response


@each_address
def test_html_has_no_markup_from_records(hostile: webtest.TestApp, address: str) -> None:
    response = get(hostile, address.format(""))
    page = response.html
    assert not [tag for tag in page.find_all("script") if "src" not in tag.attrs]
    assert not page.find_all(onerror=True)
    assert not page.find_all(onload=True)
    links = [tag["href"].strip().lower() for tag in page.find_all(href=True)]
    assert not [link for link in links if not link.startswith(("http", "/", "#", "?"))]
    assert not [link for link in links if link.startswith("//")]
    assert "49{%" not in response.text


@each_address
def test_feeds_are_xml(hostile: webtest.TestApp, address: str) -> None:
    feed = ElementTree.fromstring(get(hostile, address.format(".atom")).body)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"


@each_address
def test_tables_have_no_formulas(hostile: webtest.TestApp, address: str) -> None:
    text = get(hostile, address.format(".csv")).text
    columns, *rows = csv.reader(io.StringIO(text, newline=""))
    assert {len(row) for row in rows} <= {len(columns)}
    cells = [cell for row in rows for cell in row]
    dangerous = [cell for cell in cells if cell.lstrip().startswith(FORMULA)]
    assert [cell for cell in dangerous if not _is_number(cell)] == []


@each_address
def test_json_can_be_read(hostile: webtest.TestApp, address: str) -> None:
    assert json.loads(get(hostile, address.format(".json")).body)


def test_every_hostile_record_is_found(hostile: webtest.TestApp) -> None:
    page = hostile.get(f"{CATALOGUE}.json?size=1000").json
    assert {record["id"] for record in page["records"]} == {record["id"] for record in RECORDS}


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
