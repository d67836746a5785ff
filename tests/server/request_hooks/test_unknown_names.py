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
    assert HINT in private["message"]
    assert "/v1/buckets/build-hub/collections/releases/records" in private["message"]


@pytest.mark.parametrize("endpoint", ["search", "_search", "_count", "_msearch", "_mget"])
def test_a_posted_search_is_told_as_well(app, endpoint):
    answer = app.post_json(f"/v1/buckets/no/collections/c/{endpoint}", {}, status=401)
    assert HINT in answer.json["message"]


def test_a_write_is_not(app):
    answer = app.put_json("/v1/buckets/no/collections/c", {}, status=401)
    assert HINT not in answer.json["message"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/collections/nothing", "collection 'nothing'"),
        ("/collections/releases/records/no_such_build", "record 'no_such_build'"),
        ("/groups/friends", "group 'friends'"),
    ],
)
def test_what_does_not_exist_is_named(app, path, named):
    app.put_json("/v1/buckets/public", headers=PUBLISHER_HEADERS)
    app.put_json("/v1/buckets/public/collections/releases", headers=PUBLISHER_HEADERS)
    answer = app.get(f"/v1/buckets/public{path}", headers=PUBLISHER_HEADERS, status=404)
    assert answer.json["message"] == f"There is no {named} here."
