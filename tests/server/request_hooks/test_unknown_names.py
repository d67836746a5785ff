"""The message for somebody who is not logged in, and asks for what is private or does not exist."""

import pytest
from kinto_buildhub.request_hooks.unknown_names import HINT

from tests.conftest import PUBLISHER_HEADERS


@pytest.mark.parametrize("rest", ["", "/collections/c", "/collections/c/records", "/groups"])
def test_what_is_private_and_what_does_not_exist_look_the_same(app, rest):
    app.put_json("/v1/buckets/private-names", headers=PUBLISHER_HEADERS)
    app.put_json("/v1/buckets/private-names/collections/c", headers=PUBLISHER_HEADERS)
    private, missing = (
        app.get(f"/v1/buckets/{name}{rest}", status=401).json for name in ("private-names", "no")
    )
    assert private == missing
    assert private["message"].startswith("Please authenticate yourself")
    assert private["message"].endswith(HINT)
