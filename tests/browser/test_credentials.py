"""The page of credentials in a browser, which asks for the account itself."""

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2
import pytest
import webtest
from kinto_buildhub.credentials.tables import ensure_tables
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import OpenPage
from tests.browser.layout import too_wide
from tests.conftest import serving
from tests.server.credentials.page.accounts_app import make_accounts_app, password

PHONE = 390


@pytest.fixture(scope="module")
def credentials_url(
    make_app: Callable[..., webtest.TestApp], make_database: Callable[[], str]
) -> Iterator[str]:
    database_url = make_database()
    with closing(psycopg2.connect(database_url)) as connection:
        ensure_tables(connection)
    with serving(make_accounts_app(make_app, database_url).app) as url:
        yield f"{url}/credentials/"


def sign_in(open_page: OpenPage, url: str, name: str, **options: object) -> Page:
    account = {"username": name, "password": password(name)}
    # The first request of the browser has no account, and is answered with a challenge; a form
    # that is wrong is answered with 400. The console mentions both.
    expected = ("a status of 401 ", "a status of 400 ")
    return open_page(url, http_credentials=account, expected=expected, **options)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-script", "without-script"])
def test_from_a_request_to_a_secret_and_its_end(
    open_page: OpenPage, credentials_url: str, scripts: bool
) -> None:
    client_id = f"job-{scripts}".lower()
    ann = sign_in(open_page, credentials_url, "ann", java_script_enabled=scripts)
    ann.get_by_label("Client ID").fill(client_id)
    ann.get_by_label("Ends on").fill("2200-01-31")
    ann.get_by_role("button", name="Request").click()
    expect(ann.get_by_role("status")).to_have_text(
        f"{client_id} is requested, and waits for approval."
    )

    admin = sign_in(open_page, credentials_url, "admin", java_script_enabled=scripts)
    admin.get_by_role("button", name=f"Approve {client_id}").click()
    expect(admin.get_by_role("status")).to_contain_text("is approved")

    ann.goto(credentials_url)
    ann.get_by_role("button", name=f"Get the secret {client_id}").click()
    expect(ann.get_by_role("heading", level=1)).to_have_text(f"The secret of {client_id}")
    token = ann.get_by_label("API token").inner_text()
    assert token.startswith("bh_")
    ann.get_by_role("link", name="Done").click()
    assert token not in ann.content()

    ann.get_by_text(f"Rotate {client_id} …").click()
    ann.get_by_label("The last secret ends").select_option("after a week")
    ann.get_by_role("button", name=f"Get a new secret for {client_id}").click()
    assert ann.get_by_label("API token").inner_text() != token

    ann.goto(credentials_url)
    ann.get_by_text(f"Delete {client_id} …").click()
    ann.get_by_role("button", name=f"Delete {client_id}").click()
    expect(ann.get_by_role("status")).to_contain_text("is deleted")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_it_is_accessible_and_fits(
    open_page: OpenPage, credentials_url: str, scheme: str, width: int
) -> None:
    client_id = f"fits-{scheme}-{width}"
    page = sign_in(open_page, credentials_url, "admin", width=width, color_scheme=scheme)
    assert violations(page) == []
    page.get_by_label("Client ID").fill(client_id)
    page.get_by_role("button", name="Request").click()
    page.get_by_role("button", name=f"Approve {client_id}").click()
    page.get_by_text(f"Delete {client_id} …").click()
    assert (violations(page), too_wide(page)) == ([], [])
    page.get_by_role("button", name=f"Get the secret {client_id}").click()
    expect(page.get_by_label("API token")).to_be_visible()
    assert (violations(page), too_wide(page)) == ([], [])
    page.get_by_role("link", name="Done").click()
    page.get_by_text(f"Rotate {client_id} …").click()
    assert (violations(page), too_wide(page)) == ([], [])
    page.get_by_label("Client ID").fill("no good")
    page.get_by_role("button", name="Request").click()
    expect(page.get_by_role("alert")).to_contain_text("client_id: 'no good'")
    assert page.get_by_label("Client ID").input_value() == "no good"
    assert (violations(page), too_wide(page)) == ([], [])
