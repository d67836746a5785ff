"""Errors have one shape at every address, with every method; a new address is found by itself."""

import re

import pytest

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PROBLEM = "application/problem+json"
# Pages and pictures say it in their own way.
OWN_SHAPES = {"text/html", "image/svg+xml", "text/csv", "application/atom+xml"}
# It reads a file that only the server's own start names.
NOT_HERE = {"/v1/__version__"}

VALUES = {"bucket_id": "b", "collection_id": "releases", "product": "firefox", "version": "53.0"}
_PARAMETER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}")


def addresses(app):
    """Return an address for each route."""
    routes = app.app.registry.introspector.get_category("routes")
    patterns = {each["introspectable"]["pattern"].lstrip("/") for each in routes}
    filled = {_PARAMETER.sub(lambda found: VALUES.get(found[1], "x"), each) for each in patterns}
    return sorted({f"/{each}" for each in filled} - NOT_HERE)


@pytest.mark.parametrize("accept", ["*/*", PROBLEM])
def test_errors_have_one_shape_everywhere(app, accept):
    found = addresses(app)
    assert len(found) > 50
    seen = set()
    for address in found:
        for method in METHODS:
            is_write = method in ("POST", "PUT", "PATCH")
            answer = app.request(
                address,
                method=method,
                body=b'{"a" 1' if is_write else b"",
                headers={"Accept": accept, "Content-Type": "application/json"},
                status="*",
            )
            place = method, address, answer.status, answer.text[:200]
            assert answer.status_code < 500 or answer.status_code == 503, place
            if answer.status_code < 400 or answer.content_type in OWN_SHAPES:
                continue
            seen.add(answer.status_code)
            error = answer.json
            assert error["code"] == answer.status_code, place
            assert isinstance(error["errno"], int), place
            assert isinstance(error["message"], str), place
            assert "Accept" in answer.vary, place
            if accept == PROBLEM:
                assert answer.content_type == PROBLEM, place
                assert error["status"] == error["code"], place
                assert error["detail"] == error["message"], place
            if answer.status_code == 405:
                assert answer.headers["Allow"], place
    assert {400, 401, 404, 405} <= seen


def test_another_version_is_refused_everywhere(app):
    for address in addresses(app):
        answer = app.get(address, headers={"Accept": "application/v7"}, status="*")
        assert answer.status_code == 406, address
