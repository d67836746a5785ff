"""Requests within a batch whose path or query string is longer than a request line may be."""

import time

import pytest
from kinto_buildhub.request_hooks.request_lines import LONGEST_REQUEST_LINE


@pytest.mark.parametrize(
    "suffix",
    [
        pytest.param("/firefox_esr_" + "esr" * 150_000, id="old-record-id"),
        pytest.param("?" + "gte=a,1&" * 5000, id="bounds"),
        pytest.param("?in_target.locale=" + "fr," * 100_000, id="members"),
        pytest.param("?download.size=" + "0" * 100_000 + "x", id="zeros"),
        pytest.param("?" + "x" * LONGEST_REQUEST_LINE, id="just-too-long"),
    ],
)
def test_a_long_path_in_a_batch_is_refused_at_once(app, collection_path, suffix):
    path = f"{collection_path}/records"
    requests = [{"method": "GET", "path": path + suffix}, {"method": "GET", "path": path}]
    start = time.monotonic()
    refused, answered = app.post_json("/v1/batch", {"requests": requests}).json["responses"]
    assert refused["status"] == 414
    assert f"at most {LONGEST_REQUEST_LINE} bytes" in refused["body"]["message"]
    assert answered["status"] == 200
    assert time.monotonic() - start < 2


def test_a_path_of_usual_length_in_a_batch_is_answered(app, collection_path):
    path = f"{collection_path}/records?in_target.locale=" + "fr," * 2500
    [answered] = app.post_json("/v1/batch", {"requests": [{"path": path}]}).json["responses"]
    assert answered["status"] == 200
