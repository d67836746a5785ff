"""The files at the root of the host."""

import io
from datetime import UTC, datetime, timedelta
from urllib.robotparser import RobotFileParser

import pytest
from kinto_buildhub.settings import read_settings
from kinto_buildhub.well_known import ROBOTS, VALID_DAYS, render_security
from PIL import Image

CONTACT = "mailto:security@example.org"
SECURITY = "/.well-known/security.txt"


@pytest.fixture(scope="module", params=["true", "false"], ids=["redirecting", "not-redirecting"])
def site(request, make_app):
    """A server with a contact, that redirects what has no version, or not."""
    return make_app(
        **{
            "kinto.buildhub.security_contacts": f"{CONTACT} https://example.org/security",
            "kinto.http_scheme": "https",
            "kinto.http_host": "buildhub.example",
            "kinto.version_prefix_redirect_enabled": request.param,
        }
    )


def test_security_txt_names_the_contacts_and_when_they_expire(site):
    answer = site.get(SECURITY)
    assert answer.content_type == "text/plain"
    assert answer.charset == "UTF-8"
    fields = [line.partition(": ")[::2] for line in answer.text.splitlines()]
    assert fields[:2] == [("Contact", CONTACT), ("Contact", "https://example.org/security")]
    found = dict(fields)
    assert found["Canonical"] == f"https://buildhub.example{SECURITY}"
    expires = datetime.strptime(found["Expires"], "%Y-%m-%dT%H:%M:%S%z")
    left = expires - datetime.now(UTC)
    assert timedelta(days=VALID_DAYS - 1) <= left <= timedelta(days=VALID_DAYS)


def test_without_a_contact_there_is_no_security_txt(app):
    assert app.get(SECURITY, status=404).json["errno"] == 111


def test_without_a_host_the_file_has_no_address():
    assert "Canonical" not in render_security((CONTACT,), datetime.now(UTC))


@pytest.mark.parametrize("text", ["security@example.org", "http://example.org", "mailto:a", "x\ny"])
def test_a_contact_is_an_address(text):
    with pytest.raises(Exception, match="expected mailto:"):
        read_settings({"kinto.buildhub.security_contacts": text}, {})


def test_robots_may_read_pages_and_nothing_without_end(site):
    assert site.get("/robots.txt").text == ROBOTS
    rules = RobotFileParser()
    rules.parse(ROBOTS.splitlines())
    assert rules.can_fetch("robot", "/v1/catalog/products/firefox")
    assert not rules.can_fetch("robot", "/v1/buckets/build-hub/collections/releases/records")


def test_the_icon_is_one(site):
    answer = site.get("/favicon.ico")
    assert Image.open(io.BytesIO(answer.body)).format == "ICO"


@pytest.mark.parametrize("path", ["/robots.txt", SECURITY, "/favicon.ico"])
def test_the_files_may_be_kept_for_a_day(site, path):
    for answer in (site.get(path), site.head(path)):
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert int(answer.headers["Content-Length"]) > 50


@pytest.mark.parametrize("path", ["/robots.txt", SECURITY, "/favicon.ico"])
def test_the_files_are_only_read(site, path):
    for method, status in (("OPTIONS", 204), ("PUT", 405), ("DELETE", 405)):
        answer = site.request(path, method=method, status=status)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_other_paths_are_redirected_as_before(app):
    assert app.get("/buckets").headers["Location"].endswith("/v1/buckets")
