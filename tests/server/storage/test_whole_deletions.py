"""What is deleted is gone, also in several pages, and beyond the limit of one statement."""

import pytest

from tests.conftest import PUBLISHER_HEADERS

BUCKET = "/v1/buckets/b"
COLLECTION = f"{BUCKET}/collections/c"
COUNT = 7


@pytest.fixture(scope="module")
def small_app(make_app):
    return make_app(**{"kinto.storage_max_fetch_size": "3", "kinto.paginate_by": "100"})


@pytest.fixture
def filled(small_app):
    fill(small_app)
    return small_app


def fill(app):
    app.put_json(BUCKET, headers=PUBLISHER_HEADERS)
    app.put_json(COLLECTION, headers=PUBLISHER_HEADERS)
    for n in range(COUNT):
        body = {"data": {"n": n}}
        app.put_json(f"{COLLECTION}/records/r{n}", body, headers=PUBLISHER_HEADERS)


def count(app):
    answer = app.head(f"{COLLECTION}/records", headers=PUBLISHER_HEADERS)
    return int(answer.headers["Total-Records"])


@pytest.mark.parametrize("path", [COLLECTION, BUCKET, f"{BUCKET}/collections", "/v1/buckets"])
def test_nothing_of_a_deleted_collection_comes_back(filled, path):
    assert count(filled) == COUNT
    filled.delete(path, headers=PUBLISHER_HEADERS)
    filled.put_json(BUCKET, headers=PUBLISHER_HEADERS)
    filled.put_json(COLLECTION, headers=PUBLISHER_HEADERS)
    assert count(filled) == 0


@pytest.mark.parametrize("sort", ["n", "-n", "last_modified", "-last_modified", "id", "unknown,n"])
def test_the_pages_of_a_deletion_delete_all_that_matches(filled, sort):
    url = f"{COLLECTION}/records?_limit=2&_sort={sort}&min_n=1"
    deleted = []
    while url:
        answer = filled.delete(url, headers=PUBLISHER_HEADERS)
        deleted += [record["id"] for record in answer.json["data"]]
        url = answer.headers.get("Next-Page")
    assert sorted(deleted) == [f"r{n}" for n in range(1, COUNT)]
    assert count(filled) == 1
    fill(filled)
