"""What ``/`` and ``/v1/`` answer to browsers and to programs, and the older pages' addresses."""

import pytest
import webtest

from tests.server.catalog.conftest import CATALOGUE
from tests.server.search.records import make_records

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/", "/v1/"])
@pytest.mark.parametrize(
    "accept", [FIREFOX, "text/html", "text/html;q=0.9,application/json;q=0.8", "text/*,*/*;q=0.1"]
)
def test_browsers_are_led_to_the_page(catalogue: webtest.TestApp, path: str, accept: str) -> None:
    response = catalogue.get(path, headers={"Accept": accept}, status=307)
    assert response.headers["Location"].endswith(CATALOGUE)
    assert "Accept" in response.vary
    assert catalogue.head(path, headers={"Accept": accept}).status_code == 307


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "application/json"},
        {"Accept": "application/json, text/html"},
        {"Accept": "application/json, text/plain, */*"},
        {"Accept": "text/html;q=0.5, */*"},
        {"Accept": "text/html;q=0, */*;q=0.1"},
        {"Accept": "text/"},
    ],
    ids=str,
)
def test_programs_get_what_they_always_got(
    catalogue: webtest.TestApp, headers: dict[str, str]
) -> None:
    root = catalogue.get("/?a=1", headers=headers, status=307)
    assert root.headers["Location"].endswith("/v1/?a=1")
    hello = catalogue.get("/v1/", headers=headers)
    assert hello.json["project_name"] == "kinto"
    assert "Accept" in root.vary
    assert "Accept" in hello.vary


def test_other_addresses_are_not_led_to_the_page(catalogue: webtest.TestApp) -> None:
    headers = {"Accept": FIREFOX}
    response = catalogue.get("/buckets?q=1", headers=headers, status=307)
    assert response.headers["Location"].endswith("/v1/buckets?q=1")
    assert catalogue.get("/v1/__lbheartbeat__", headers=headers).json == {}
    assert catalogue.post("/v1/", headers=headers, status=405).content_type == "application/json"


@pytest.mark.parametrize(
    ("older", "today"),
    [
        ("q=20170403083344", "q=20170403083344"),
        ("q=", "q="),
        ("products[0]=firefox", "product=firefox"),
        ("products%5B0%5D=firefox&products%5B1%5D=fennec", "product=firefox&product=fennec"),
        ("versions[0]=56.0&versions[2]=57.0", "version=56.0&version=57.0"),
        ("versions[0][0]=56.0", "version=56.0"),
        ("platform[0]=win32&channel[0]=beta&locale[0]=fr", "platform=win32&channel=beta&locale=fr"),
        ("locale[0]=ja-JP-mac&q=caf%C3%A9+x", "locale=ja-JP-mac&q=caf%C3%A9+x"),
        ("sort=download.date_desc", "sort=-published"),
        ("sort=target.version_asc", "sort=version"),
        ("sort=build.date_desc&p=1", "sort=-build"),
        ("q=&p=2", "q=&size=30&start=30"),
        ("p=3&size=100", "size=100&start=200"),
        # What was no parameter of theirs is kept, so that the page names it.
        ("q=x&view=grid", "q=x&view=grid"),
        ("q=x&sort=weight_desc&p=x", "q=x&sort=weight_desc&p=x"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/"])
@pytest.mark.parametrize("accept", [FIREFOX, "*/*"])
def test_older_addresses_lead_to_the_same_question(
    catalogue: webtest.TestApp, path: str, accept: str, older: str, today: str
) -> None:
    response = catalogue.get(f"{path}?{older}", headers={"Accept": accept}, status=307)
    assert response.headers["Location"].endswith(f"{CATALOGUE}?{today}")


def test_the_page_says_what_is_wrong_with_an_address(catalogue: webtest.TestApp) -> None:
    response = catalogue.get("/?q=%00", headers={"Accept": FIREFOX}, status=307).follow(status=400)
    assert "contains the character 0x00" in response.text


def test_older_addresses_are_no_pages_for_clients_of_json(catalogue: webtest.TestApp) -> None:
    headers = {"Accept": "application/json"}
    response = catalogue.get("/v1/?q=1&products[0]=firefox", headers=headers)
    assert response.content_type == "application/json"


def test_a_page_of_the_older_pages_shows_the_same_rows(catalogue: webtest.TestApp) -> None:
    expected = sorted(
        (record for record in make_records() if record["target"]["locale"] == "fr"),
        key=lambda record: (record["download"]["date"], record["id"]),
    )
    response = catalogue.get(
        "/?q=&locale[0]=fr&sort=download.date_asc&p=2", headers={"Accept": "*/*"}
    )
    query = response.headers["Location"].partition("?")[2]
    page = catalogue.get(f"{CATALOGUE}.json?{query}").json
    assert [each["id"] for each in page["records"]] == [each["id"] for each in expected[30:60]]
    assert page["total"] == len(expected)
