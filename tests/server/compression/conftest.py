"""The real server, asked so that what it sends is seen as it is sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import webob
import webtest

from tests.conftest import PUBLISHER_HEADERS, make_record

Ask = Callable[..., webob.Response]


def asking(app: webtest.TestApp) -> Ask:
    """Return a function that sends a request; WebTest's own would decode the answers."""

    def ask(
        path: str, headers: dict[str, str], method: str = "GET", body: Any = b"", status: int = 200
    ) -> webob.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        content_type = {"Content-Type": "application/json"} if content else {}
        request = webob.Request.blank(
            path, method=method, body=content, headers={**content_type, **headers}
        )
        response = request.get_response(app.app)
        assert response.status_code == status, response.body
        return response

    return ask


@pytest.fixture(scope="session")
def ask(app: webtest.TestApp) -> Ask:
    """Asks the server of all tests."""
    return asking(app)


@pytest.fixture(scope="session")
def records(app: webtest.TestApp) -> str:
    """A collection that everyone may read, with records of which each is large enough."""
    bucket = "/v1/buckets/compressed"
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json(bucket, everyone, headers=PUBLISHER_HEADERS)
    app.put_json(f"{bucket}/collections/c", {"data": {}}, headers=PUBLISHER_HEADERS)
    for number in range(3):
        record = make_record(id=f"r{number}", build__cc="gcc " * 300)
        path = f"{bucket}/collections/c/records/r{number}"
        app.put_json(path, {"data": record}, headers=PUBLISHER_HEADERS)
    return f"{bucket}/collections/c/records"
