"""Records by the spelling of their ID that earlier catalogues used."""

import pytest
from kinto_buildhub.request_hooks.old_record_ids import find_current_id

from tests.conftest import PUBLISHER_HEADERS, make_record

OLD = "firefox_esr_52-0esr_linux-x86_64_en-us"
CURRENT = "firefox_52-0esr_linux-x86_64_en-us"


@pytest.mark.parametrize(
    ("record_id", "current"),
    [
        pytest.param(OLD, CURRENT, id="documented"),
        pytest.param(
            "firefox_esr_10-0-2esr_win32_hy-am", "firefox_10-0-2esr_win32_hy-am", id="dot"
        ),
        pytest.param(
            "firefox_esr_60-2-0esrrc2_win32_en-gb",
            "firefox_60-2-0esrrc2_win32_en-gb",
            id="candidate",
        ),
        pytest.param(CURRENT, None, id="today's"),
        pytest.param("firefox_beta_53-0b9_win32_fr", None, id="beta"),
        pytest.param("firefox_esr_52-0_win32_fr", None, id="version-without-esr"),
        pytest.param("firefox_esr_52-0esr", None, id="too-short"),
        pytest.param("firefox_esr_52-0esr__fr", None, id="empty-part"),
        pytest.param("Firefox_esr_52-0esr_win32_fr", None, id="product-in-capitals"),
        pytest.param("firefox_esr_" + "esr" * 150_000, None, id="long"),
        pytest.param("firefox_esr_" * 40_000, None, id="long-with-parts"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_current_id_of_an_old_one(record_id, current):
    assert find_current_id(record_id) == current


@pytest.fixture
def records_path(app, collection_path):
    record = make_record(id=CURRENT, target__version="52.0esr")
    path = f"{collection_path}/records"
    app.put_json(f"{path}/{CURRENT}", {"data": record}, headers=PUBLISHER_HEADERS)
    return path


def test_an_old_id_returns_the_record(app, records_path):
    answer = app.get(f"{records_path}/{OLD}", status=200)
    assert answer.json["data"]["id"] == CURRENT
    assert answer.headers["Content-Location"] == f"{records_path}/{CURRENT}"
    assert answer.headers["ETag"] == app.get(f"{records_path}/{CURRENT}").headers["ETag"]


def test_an_old_id_works_with_head(app, records_path):
    answer = app.head(f"{records_path}/{OLD}", status=200)
    assert answer.headers["Content-Location"] == f"{records_path}/{CURRENT}"


def test_an_old_id_works_in_a_batch(app, records_path):
    batch = {"requests": [{"method": "GET", "path": f"{records_path}/{OLD}"}]}
    [answer] = app.post_json("/v1/batch", batch).json["responses"]
    assert answer["body"]["data"]["id"] == CURRENT


def test_a_record_with_exactly_that_id_comes_first(app, records_path):
    app.put_json(f"{records_path}/{OLD}", {"data": make_record(id=OLD)}, headers=PUBLISHER_HEADERS)
    answer = app.get(f"{records_path}/{OLD}")
    assert answer.json["data"]["id"] == OLD
    assert "Content-Location" not in answer.headers


def test_without_a_record_the_404_names_the_requested_id(app, records_path):
    asked = OLD.replace("52-0", "99-0")
    assert app.get(f"{records_path}/{asked}", status=404).json["details"]["id"] == asked


def test_writes_do_not_accept_an_old_id(app, records_path):
    app.delete(f"{records_path}/{OLD}", headers=PUBLISHER_HEADERS, status=404)
    app.get(f"{records_path}/{CURRENT}", status=200)


def test_permissions_are_those_of_the_record(app, records_path):
    bucket_path = records_path.split("/collections/")[0]
    app.put_json(bucket_path, {"permissions": {"read": []}}, headers=PUBLISHER_HEADERS)
    app.get(f"{records_path}/{OLD}", status=401)
    other = {"Authorization": "Basic b3RoZXI6c2VjcmV0"}
    app.get(f"{records_path}/{OLD}", headers=other, status=403)
    app.patch_json(
        f"{records_path}/{CURRENT}",
        {"permissions": {"read": ["system.Everyone"]}},
        headers=PUBLISHER_HEADERS,
    )
    assert app.get(f"{records_path}/{OLD}").json["data"]["id"] == CURRENT


def test_without_read_permission_the_record_is_not_revealed(app):
    bucket = "/v1/buckets/hidden"
    path = f"{bucket}/collections/records/records"
    app.put_json(bucket, headers=PUBLISHER_HEADERS)
    app.put_json(f"{bucket}/collections/records", headers=PUBLISHER_HEADERS)
    app.put_json(f"{path}/{CURRENT}", {"data": {}}, headers=PUBLISHER_HEADERS)
    present = app.get(f"{path}/{OLD}", status=401)
    absent = app.get(f"{path}/{OLD.replace('52', '53')}", status=401)
    assert "Content-Location" not in present.headers
    assert sorted(present.headers) == sorted(absent.headers)
