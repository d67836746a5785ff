"""Tables are plain CSV, and no spreadsheet runs a cell of them."""

import csv
import io
from collections.abc import Callable

import pytest
import webtest
from buildhub_schema.text.cells import safe_cell
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.responses.tables import file_name

from tests.conftest import make_record
from tests.server.search.records import make_records

FORMULAS = (
    pytest.param("=1+1", id="equals"),
    pytest.param("+1", id="plus"),
    pytest.param("-2+3", id="minus"),
    pytest.param("@SUM(A1)", id="at"),
    pytest.param("\t=1+1", id="tab"),
    pytest.param("\r=1+1", id="carriage-return"),
    pytest.param("\n=1+1", id="line-feed"),
    pytest.param("  =1+1", id="spaces"),
    pytest.param("\u00a0\u3000=1+1", id="wide-spaces"),
    pytest.param("\ufeff\u200b=1+1", id="invisible"),
    pytest.param("\x00=1+1", id="zero-byte"),
    pytest.param("＝1+1", id="fullwidth-equals"),
    pytest.param("＋1", id="fullwidth-plus"),
    pytest.param("－1", id="fullwidth-minus"),
    pytest.param("＠SUM(A1)", id="fullwidth-at"),
    pytest.param("﹦1", id="small-equals"),
    pytest.param("=cmd|' /C calc'!A0", id="dde"),
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["firefox", "53.0b9", "a=1", "", " a", "日本", -5, 0, None, True])
def test_other_values_stay_as_they_are(value: object) -> None:
    assert safe_cell(value) is value


@given(st.text())
def test_no_cell_begins_as_a_formula_once_spaces_are_dropped(text: str) -> None:
    cell = str(safe_cell(text))
    assert cell in (text, f"'{text}")
    assert not cell.strip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_the_table_reads_back_whatever_the_records_hold(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    text = 'a,"b"\r\nc;d'
    record = make_record(target__version=text, download__url="=HYPERLINK(1)")
    response = make_catalogue([record]).get("/v1/catalog/.csv")
    header, row = csv.reader(io.StringIO(response.text, newline=""), strict=True)
    found = dict(zip(header, row, strict=True))
    assert found["target.version"] == text
    assert found["download.url"] == "'=HYPERLINK(1)"
    assert found["download.size"] == str(record["download"]["size"])


def test_lines_end_and_headers_say_as_rfc_4180_wants(catalogue: webtest.TestApp) -> None:
    response = catalogue.get("/v1/catalog/.csv?size=2")
    assert response.content_type == "text/csv"
    assert response.content_type_params == {"charset": "UTF-8", "header": "present"}
    assert response.text.count("\r\n") == response.text.count("\n") == 3


def test_a_thousand_rows_fit_on_a_page_and_the_next_page_is_linked(
    catalogue: webtest.TestApp,
) -> None:
    everything = catalogue.get("/v1/catalog/.csv?size=1000")
    assert len(everything.text.splitlines()) == len(make_records()) + 1
    assert "Link" not in everything.headers
    address: str | None = "/v1/catalog/.csv?size=140"
    rows: list[str] = []
    while address:
        response = catalogue.get(address)
        rows += response.text.splitlines()[1:]
        links = {link["rel"]: link["url"] for link in read_links(response)}
        address = links.get("next")
    assert rows == everything.text.splitlines()[1:]


def read_links(response: webtest.TestResponse) -> list[dict[str, str]]:
    parts = [each.split(">; ") for each in response.headers.get("Link", "").split(", ") if each]
    return [{"url": url[1:], "rel": rel.split('"')[1]} for url, rel in parts]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("All builds", "buildhub-all-builds.csv"),
        ("Firefox 53.0b9", "buildhub-firefox-53.0b9.csv"),
        ('a"; filename=evil.exe\r\nX: y', "buildhub-a-filename-evil.exe-x-y.csv"),
        ("../../etc/passwd", "buildhub-etc-passwd.csv"),
        ("日本語", "buildhub.csv"),
        ("a" * 10_000, f"buildhub-{'a' * 80}.csv"),
    ],
)
def test_a_file_name_is_one_that_every_system_takes(title: str, name: str) -> None:
    assert file_name(title) == name
