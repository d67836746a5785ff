"""What each verb answers, with both drivers."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from buildhub.client.errors import BadRequest, NotFound, NotUnique, Refused
from buildhub.client.questions import Questions
from buildhub.client.values import Revision

from tests.jobs.client.conftest import Client
from tests.jobs.served_catalogue import LOCALES, RECORDS

TREE = "releases/mozilla-beta"
BETA_9, BETA_10, CANDIDATE = "20170403075439", "20170407083344", "20170401000000"

CASES: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("is_official", (BETA_9,), {}, True),
    ("is_official", (CANDIDATE,), {}, False),
    ("is_official", ("19990101000000",), {}, False),
    ("versions", (), {}, ("3.0", "52.0", "53.0b9rc1", "53.0b9", "53.0b10", "55.0a1", "56.0a1")),
    ("versions", (), {"channel": "beta", "candidates": False}, ("53.0b9", "53.0b10")),
    ("versions", (), {"channel": ["nightly", "esr"]}, ("55.0a1", "56.0a1")),
    ("locales", ("53.0b9",), {}, LOCALES),
    ("locales", ("53.0b9",), {"platform": "win64"}, LOCALES[:2]),
    ("platforms", (BETA_9,), {"product": "firefox"}, ("linux-x86_64", "win64")),
    ("build_ids", ("55.0a1",), {}, ("20170503030212", "20170504030207")),
    ("count", (), {}, len(RECORDS)),
    ("count", (), {"locale": "fr", "product": ["firefox"]}, 4),
    ("count", (), {"built_since": "2017-05-04", "built_before": date(2017, 6, 1)}, 1),
    ("count", (), {"candidates": True}, 1),
    ("count", (), {"version": "99.0"}, 0),
    ("revision", (BETA_10,), {}, Revision("a" * 40, None, TREE)),
    (
        "revision",
        (BETA_9,),
        {"product": "thunderbird"},
        Revision("b" * 40, None, TREE),
    ),
]


@pytest.mark.parametrize(("verb", "arguments", "options", "expected"), CASES)
def test_a_question_has_its_answer(
    hub: Client, verb: str, arguments: tuple[Any, ...], options: dict[str, Any], expected: Any
) -> None:
    assert getattr(hub, verb)(*arguments, **options) == expected


NEAREST = [
    ("before", "2017-06-01", "20170504030207"),
    ("before", "20170504030207", "20170503030212"),
    ("before", datetime(2017, 5, 4, tzinfo=UTC), "20170503030212"),
    ("after", "20170504030207", "20170619030424"),
    ("after", date(2017, 5, 4), "20170504030207"),
]


@pytest.mark.parametrize(("verb", "moment", "expected"), NEAREST)
def test_the_nearest_build_of_a_channel(hub: Client, verb: str, moment: Any, expected: str) -> None:
    assert getattr(hub, verb)(moment).build_id == expected


@pytest.mark.parametrize(("moment", "field"), [(BETA_9, "build.id"), ("2017-06-01", "build.date")])
def test_the_nearest_build_is_the_first_in_the_order_of_what_is_compared(
    moment: str, field: str
) -> None:
    question = Questions("b", "c").nearest(moment, {}, is_before=True)
    assert dict(question.parameters)["_sort"] == f"-{field}"


def test_a_build_id_stands_for_all_that_was_built_with_it(hub: Client) -> None:
    build = hub.build(BETA_9)
    assert (build.is_official, build.count) == (True, 6)
    assert build.products == ("firefox", "thunderbird")
    assert build.versions == ("52.0", "53.0b9")
    assert build.platforms == ("linux-x86_64", "win64")
    assert {each.revision for each in build.revisions} == {"a" * 40, "b" * 40}


def test_questions_about_a_build_stay_far_below_what_a_search_may_take() -> None:
    body = Questions("b", "c").build(BETA_9).body or b""
    sizes = [int(size) for size in re.findall(rb'"size":([0-9]+)', body)]
    assert max(sizes) <= 1000
    assert body.count(b'"aggs"') == 2


def test_a_build_id_of_several_changesets_has_no_single_one(hub: Client) -> None:
    with pytest.raises(NotUnique, match=r"a{40} and b{40}"):
        hub.revision(BETA_9)


def test_a_build_without_a_changeset_says_so(hub: Client) -> None:
    with pytest.raises(NotFound, match="changeset of build 20080101000000"):
        hub.revision("20080101000000")


def test_the_newest_build_of_a_channel(hub: Client) -> None:
    newest = hub.latest("firefox", "beta", platform="win64", locale="fr")
    assert newest.version == "53.0b10"
    older = hub.latest("firefox", "beta", platform="win64", locale="de", before="2017-04-05")
    assert older.version == "53.0b9"


def test_what_has_no_newest_build_has_the_servers_sentence(hub: Client) -> None:
    with pytest.raises(NotFound, match="Is 'win64' meant"):
        hub.latest("firefox", "beta", platform="win65")


def test_the_first_nightly_of_a_version(hub: Client) -> None:
    assert hub.first_nightly("55.0a1").build_id == "20170503030212"


def test_what_is_missing_of_a_version_has_its_authority(hub: Client) -> None:
    authorities = {(each.platform, each.locale): each.authority for each in hub.missing("53.0b9")}
    assert authorities["win64", "fr"]
    assert ("linux-x86_64", "fr") not in authorities


def test_a_search_is_elasticsearchs(hub: Client) -> None:
    found = hub.search({"query": {"term": {"target.locale": "de"}}, "size": 1})
    assert found["hits"]["total"] == {"value": 3, "relation": "eq"}


def test_a_mistake_has_the_servers_own_sentence(hub: Client) -> None:
    with pytest.raises(BadRequest, match="unknown query 'trem'") as raised:
        hub.search({"query": {"trem": {}}})
    assert raised.value.status == 400


def test_a_filter_that_does_not_exist_is_named_with_the_nearest(hub: Client) -> None:
    with pytest.raises(TypeError, match="'vesion' is no filter; is version meant"):
        hub.count(vesion="53.0")


def test_a_time_without_a_zone_is_refused(hub: Client) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        hub.before(datetime(2017, 5, 4))  # noqa: DTZ001 - that is the case.


def test_nobody_publishes_without_credentials(hub: Client) -> None:
    with pytest.raises(Refused):
        hub.publish([{"id": "x"}])
