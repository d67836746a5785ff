"""Fields that stay as they are stored where a record does not have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.bulk.kept_fields import KeptFields

from tests.conftest import PUBLISHER_HEADERS
from tests.server.bulk import NDJSON, ndjson

KEEP = "download.md5,download.expires"


@pytest.fixture
def free_path(app, collection_path):
    """A collection without a schema."""
    path = collection_path.replace("releases", "free")
    app.put_json(path, {}, headers=PUBLISHER_HEADERS)
    return path


def post(app, path, records, keep=KEEP, **expected):
    query = "&".join(f"keep={each}" for each in ([keep] if isinstance(keep, str) else keep))
    url = f"{path}/bulk?{query}" if query else f"{path}/bulk"
    return app.post(url, ndjson(records), headers=PUBLISHER_HEADERS | NDJSON, **expected)


FILE = {"url": "u", "size": 1}
KNOWN = FILE | {"md5": "m", "expires": "2027"}
CASES = [
    pytest.param(KNOWN, FILE, KNOWN, "unchanged", id="both-stay"),
    pytest.param(FILE, KNOWN, KNOWN, "updated", id="one-that-comes-is-taken"),
    pytest.param(KNOWN, FILE | {"md5": "n"}, KNOWN | {"md5": "n"}, "updated", id="another-value"),
    pytest.param(KNOWN, FILE | {"size": 2}, FILE | {"size": 2}, "updated", id="another-file"),
    pytest.param(KNOWN, FILE | {"size": True}, FILE | {"size": True}, "updated", id="true"),
    pytest.param(KNOWN, {"url": "u"}, {"url": "u"}, "updated", id="less-is-another-file"),
    pytest.param(FILE | {"old": 1}, FILE, FILE, "updated", id="fields-that-are-not-named"),
    pytest.param(KNOWN, None, None, "updated", id="no-object"),
    pytest.param("text", FILE, FILE, "updated", id="no-object-before"),
]


@pytest.mark.parametrize(("stored", "sent", "kept", "status"), CASES)
def test_a_field_stays_while_the_rest_of_its_object_is_the_same(
    app, free_path, stored, sent, kept, status
):
    post(app, free_path, [{"id": "r", "download": stored}], keep="")
    answer = post(app, free_path, [{"id": "r", "download": sent}])
    found = app.get(f"{free_path}/records/r", headers=PUBLISHER_HEADERS).json["data"]
    assert found["download"] == kept
    assert f'"status":"{status}"' in answer.text


def test_numbers_beyond_64_bits_are_stored_as_without_it(app, free_path):
    answers = [
        post(app, free_path, [{"id": "r", "download": {"n": 2**70} | more}])
        for more in ({"md5": "m"}, {})
    ]
    assert ['"invalid":0' in answer.text for answer in answers] == [True, True]


def test_without_the_parameter_a_record_is_replaced_whole(app, free_path):
    post(app, free_path, [{"id": "r", "download": KNOWN}], keep="")
    post(app, free_path, [{"id": "r", "download": FILE}], keep="")
    found = app.get(f"{free_path}/records/r", headers=PUBLISHER_HEADERS).json["data"]
    assert found["download"] == FILE


def test_two_lines_in_one_request_see_each_other(app, free_path):
    lines = [{"id": "r", "download": KNOWN}, {"id": "r", "download": FILE}]
    answer = post(app, free_path, lines, keep=["download.md5", "download.expires"])
    assert '"created":1,"updated":0,"unchanged":1' in answer.text


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ("md5", "'md5' is no field in an object"),
        ("download.md5.hex", "'download.md5.hex' is no field"),
        (".md5", "'.md5' is no field"),
        (",".join(f"a.b{n}" for n in range(51)), "more than 50 fields"),
    ],
)
def test_what_is_no_field_is_refused(app, free_path, keep, message):
    answer = post(app, free_path, [{"id": "r"}], keep=keep, status=400)
    assert message in answer.json["message"]
    assert answer.json["details"][0]["name"] == "keep"


GROUPS = st.dictionaries(st.sampled_from(["url", "size", "md5", "expires"]), st.integers(0, 2))


@given(GROUPS, GROUPS)
def test_keeping_twice_changes_nothing_more(stored, sent):
    kept = KeptFields(["g.md5", "g.expires"])
    once = {"g": dict(sent)}
    kept.keep(once, {"g": stored})
    twice = {"g": dict(once["g"])}
    kept.keep(twice, {"g": stored})
    assert twice == once
    assert once["g"].items() >= sent.items()
    assert set(once["g"]) - set(sent) <= {"md5", "expires"} & set(stored)
