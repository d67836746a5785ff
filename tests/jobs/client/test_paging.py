"""Iterators over everything, while others write."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.conftest import make_record
from tests.jobs.client.conftest import ACCOUNT, AUTH, Client, records_url
from tests.jobs.served_catalogue import RECORDS, Place

pytestmark = pytest.mark.usefixtures("small_pages")


def test_every_record_is_met_once(hub: Client) -> None:
    found = [record.id for record in hub.builds()]
    assert found == sorted(record["id"] for record in RECORDS)


def test_an_iteration_goes_on_after_the_last_record_that_was_met(hub: Client) -> None:
    found = [record.id for record in hub.builds(channel="beta")]
    assert [record.id for record in hub.builds(channel="beta", after=found[4])] == found[5:]


LIMITS = [0, 1, 3, 4, 6, 1000]


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_ends_an_iteration(hub: Client, limit: int) -> None:
    found = [record.id for record in hub.builds(limit=limit)]
    assert found == sorted(record["id"] for record in RECORDS)[:limit]
    assert len(hub.changes(0, limit=limit)) == min(limit, len(RECORDS))


def test_a_negative_limit_is_a_mistake(hub: Client) -> None:
    with pytest.raises(ValueError, match="limit: -1 is negative"):
        hub.builds(limit=-1)


def test_what_is_published_comes_back(connect: Callable[..., Client], place: Place) -> None:
    hub = connect(place, auth=ACCOUNT)
    records = [make_record(id=f"record-{number}") for number in range(8)]
    assert hub.publish(records).created == 8
    assert hub.publish(records).unchanged == 8
    plain = [{k: r.data[k] for k in records[0]} for r in hub.builds()]
    assert plain == records


def test_refused_records_are_named_and_the_others_stored(
    connect: Callable[..., Client], place: Place
) -> None:
    hub = connect(place, auth=ACCOUNT)
    published = hub.publish([make_record(id="good"), {"id": "bad"}])
    assert (published.created, published.refused) == (1, 1)
    assert "source" in published.errors["bad"]


def test_changes_come_in_order_with_tombstones(
    connect: Callable[..., Client], place: Place
) -> None:
    hub = connect(place, auth=ACCOUNT)
    hub.publish(make_record(id=f"record-{number}") for number in range(7))
    last = list(hub.changes())[-1].timestamp
    assert list(hub.changes(last)) == []
    requests.delete(f"{records_url(place)}/record-2", auth=AUTH, timeout=30).raise_for_status()
    hub.publish([make_record(id="record-9")])
    changes = hub.changes(last)
    assert [(each.record_id, each.record is None) for each in changes] == [
        ("record-2", True),
        ("record-9", False),
    ]


def test_nothing_is_missed_or_doubled_while_records_change(
    connect: Callable[..., Client], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = connect(place, auth=ACCOUNT)
    ids = [f"record-{number:02}" for number in range(20)]
    hub.publish(make_record(id=each) for each in ids)
    write_between_pages(hub, iter(ids), place, monkeypatch)
    assert [record.id for record in hub.builds()] == ids


def write_between_pages(
    hub: Client, ids: Iterator[str], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Change the next two records before each page is asked for."""
    questions = type(hub._client._questions)
    ask = questions.records

    def writing(self: Any, *arguments: Any, **options: Any) -> Any:
        for record_id in (next(ids), next(ids)):
            body = json.dumps({"data": make_record(id=record_id, build__number=9)})
            url = f"{records_url(place)}/{record_id}"
            kind = {"Content-Type": "application/json"}
            requests.put(url, body, auth=AUTH, headers=kind, timeout=30).raise_for_status()
        return ask(self, *arguments, **options)

    monkeypatch.setattr(questions, "records", writing)
