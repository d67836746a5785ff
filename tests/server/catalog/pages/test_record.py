"""The page of a record: every field, what it means, and the rule behind it."""

from collections.abc import Callable

import pytest
import webtest
from buildhub_schema.fields import FIELDS

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.catalog.pages.conftest import BUILD_ID

RECORDS = "/v1/catalog/records/"
RECORD_ID = "firefox_beta_53-0b9_win32_fr"


def test_every_field_is_shown_with_its_meaning_or_as_missing(builds: webtest.TestApp) -> None:
    page = builds.get(f"{RECORDS}{RECORD_ID}.json").json
    shown = {each["name"]: each for each in page["fields"]}
    assert {*shown} >= {"id", "schema", "last_modified"}
    assert {*shown, *page["missing"]} - {"id", "schema", "last_modified"} == {
        field.name for field in FIELDS
    }
    assert shown["build.id"]["value"] == BUILD_ID
    for field in FIELDS:
        if field.name in shown:
            assert shown[field.name]["meaning"] == field.help
            assert shown[field.name]["inferred"] == (field.inferred or None)


def test_the_page_renders_names_as_code_and_says_which_rule(builds: webtest.TestApp) -> None:
    page = builds.get(f"{RECORDS}{RECORD_ID}").html
    assert "``" not in page.text
    row = next(row for row in page.find_all("tr") if row.th.text == "build.date")
    assert "Inferred: The digits of build.id, taken as UTC" in row.text
    assert row.find("code", string="build.id") is not None


def test_it_links_to_build_version_download_and_api(builds: webtest.TestApp) -> None:
    page = builds.get(f"{RECORDS}{RECORD_ID}")
    links = {each.text: each["href"] for each in page.html.main.find_all("a")}
    assert links[f"Build {BUILD_ID}"] == f"/v1/catalog/builds/{BUILD_ID}"
    assert links["All of this version"] == "/v1/catalog/versions/firefox/53.0b9"
    assert links["Download"].startswith("https://archive.mozilla.org/pub/firefox/")
    record = builds.get(links["Record in the API"]).json["data"]
    assert record == builds.get(f"{RECORDS}{RECORD_ID}.json").json["record"]


def test_a_file_that_the_archive_has_deleted_is_told_and_not_linked(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    record = make_record(download__expired="2027-07-21T03:00:00Z")
    app = make_catalogue([record])
    page = app.get(f"{RECORDS}{record['id']}").html.main
    assert "found gone on 2027-07-21" in " ".join(page.text.split())
    assert page.find("a", string="Download") is None
    row = app.get("/v1/catalog/").html.find("td", class_="col-file")
    assert "Deleted" in row.text
    assert [each.contents[0] for each in row.find_all("a")] == ["Details"]


@pytest.mark.parametrize("missing", ["firefox_1-0_win32_de", "%F0%9F%A6%8A", "a" * 3000])
def test_an_unknown_record_is_not_found(builds: webtest.TestApp, missing: str) -> None:
    assert builds.get(f"{RECORDS}{missing}.json", status=404).json["errno"] == 111
    page = builds.get(f"{RECORDS}{missing}", status=404)
    assert page.html.h1.text.startswith("No record ")


def test_a_record_is_there_at_once_and_by_the_id_of_older_catalogues(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue([], **{"kinto.elasticsearch.force_refresh": "false"})
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    record = make_record(id="firefox_52-0esr_linux-x86_64_fr", target__version="52.0esr")
    app.put_json(
        f"/v1/buckets/{bucket_id}/collections/{collection_id}/records/{record['id']}",
        {"data": record},
        headers=PUBLISHER_HEADERS,
    )
    for record_id in (record["id"], "firefox_esr_52-0esr_linux-x86_64_fr"):
        page = app.get(f"{RECORDS}{record_id}.json").json
        assert page["record"]["id"] == record["id"]


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [
        ("https://archive.mozilla.org/pub/a b.exe", True),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("https://[", False),
        ("//evil.example/a", False),
    ],
)
def test_only_addresses_of_the_web_are_linked(
    make_catalogue: Callable[..., webtest.TestApp], url: str, is_linked: bool
) -> None:
    app = make_catalogue([make_record(download__url=url)])
    page = app.get(f"{RECORDS}{make_record()['id']}").html
    assert (page.find("a", string="Download") is not None) == is_linked
    assert url in page.text


def test_every_format_has_an_address_that_clients_take(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    stored = "https://archive.mozilla.org/pub/Firefox Setup 53.0b9.exe"
    encoded = stored.replace(" ", "%20")
    app = make_catalogue([make_record(download__url=stored)])
    address = f"{RECORDS}{make_record()['id']}"
    page = app.get(f"{address}.json").json
    assert page["record"]["download"]["url"] == stored
    assert page["download"] == encoded
    assert app.get(address).html.find("a", string="Download")["href"] == encoded
    for other in (f"{address}.csv", f"{address}.atom", "/v1/catalog/.csv", "/v1/catalog/.atom"):
        text = app.get(other).text
        assert encoded in text
        assert stored not in text
    assert encoded in app.get("/v1/catalog/").text
