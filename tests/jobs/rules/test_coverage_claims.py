"""What becomes of the claims of runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from buildhub.counts.unsettled import Unsettled, path_scope, record_scope
from buildhub.rules.coverage_claims import (
    Claim,
    Coverage,
    Window,
    inventory_products,
    inventory_window,
    merge,
    moment,
)
from buildhub_schema.products import PRODUCT_NAMES
from hypothesis import given
from hypothesis import strategies as st

PAIR = ("firefox", "nightly")
GAP = {"count": 1, "reasons": {"out-of-reach": 1}, "examples": []}
NONE = {"count": 0, "reasons": {}, "examples": []}


def day(number: int) -> datetime:
    return datetime(2024, 5, 1, tzinfo=UTC) + timedelta(days=number)


def seen(until: int, *, since: int | None = None, gaps: Any = NONE, **more: Any) -> Claim:
    """Return the claim of a run that looked at the days up to *until*."""
    begin = day(since) if since is not None else None
    return Claim(*PAIR, Window(day(until), "walk", begin, **more), gaps)


def merged(*claims: Claim) -> Coverage:
    found: Coverage | None = None
    for claim in claims:
        found = merge(found, claim)
    assert found is not None
    return found


# Claims in the order of arrival, the day until which the catalogue is then complete, and the day
# until which it was looked at.
MERGES = [
    pytest.param([seen(1)], 1, 1, id="the-first"),
    pytest.param([seen(1), seen(2)], 2, 2, id="a-later-one"),
    pytest.param([seen(2), seen(1)], 2, 2, id="an-older-one-that-comes-late"),
    pytest.param([seen(1), seen(2, gaps=GAP)], 1, 2, id="a-gap-stops-completeness"),
    pytest.param([seen(1), seen(2, gaps=GAP), seen(3)], 3, 3, id="the-next-run-settles-it"),
    pytest.param([seen(3, gaps=GAP), seen(2)], 2, 3, id="an-older-one-without-the-gap"),
    pytest.param([seen(2, since=1)], None, None, id="since-alone-says-nothing-of-before"),
    pytest.param([seen(2), seen(3, since=1)], 3, 3, id="since-before-the-end-goes-on"),
    pytest.param([seen(2), seen(3, since=2)], 3, 3, id="since-the-very-end-goes-on"),
    pytest.param([seen(1), seen(3, since=2)], 1, 1, id="since-after-the-end-leaves-a-hole"),
    pytest.param([seen(1), Claim(*PAIR)], 1, 1, id="one-that-met-builds-only"),
    pytest.param([Claim(*PAIR)], None, None, id="nothing-else"),
]


@pytest.mark.parametrize(("claims", "complete", "checked"), MERGES)
def test_what_is_complete_after_some_claims(
    claims: list[Claim], complete: int | None, checked: int | None
) -> None:
    found = merged(*claims)
    for name, expected in (("complete_until", complete), ("checked_until", checked)):
        assert found.get(name) == (moment(day(expected)) if expected is not None else None)


def test_gaps_are_those_of_the_latest_check() -> None:
    assert merged(seen(2, gaps=GAP))["gaps"] == GAP
    assert merged(seen(2, gaps=GAP), seen(3))["gaps"] == NONE
    assert merged(seen(3, gaps=GAP), seen(2))["gaps"] == GAP
    # Two runs in the same second: what either has settled is settled, in either order.
    assert merged(seen(3, gaps=GAP), seen(3))["gaps"] == NONE
    assert merged(seen(3), seen(3, gaps=GAP))["gaps"] == NONE


def test_the_latest_check_in_full_is_kept() -> None:
    found = merged(seen(2, in_full=True), seen(3))
    assert found["checked_in_full_until"] == moment(day(2))


def test_the_youngest_build_and_event_stay() -> None:
    young = Claim(*PAIR, newest=("2024-05-02T00:00:00Z", "20240502000000"), event="2024-05-03")
    old = Claim(*PAIR, newest=("2024-05-01T00:00:00Z", "20240501000000"), event="2024-05-02")
    found = merged(young, old)
    assert found["newest_build"] == {"id": "20240502000000", "date": "2024-05-02T00:00:00Z"}
    assert found["followed_until"] == "2024-05-03"


windows = st.builds(
    seen,
    st.integers(0, 9),
    since=st.none() | st.integers(0, 9),
    gaps=st.sampled_from([NONE, GAP]),
)


@given(st.lists(windows, min_size=1))
def test_no_order_of_claims_makes_more_complete_than_was_seen(claims: list[Claim]) -> None:
    until = merged(*claims).get("complete_until", "")
    settled = [c.window for c in claims if c.window and not c.gaps["count"]]
    reached = ""
    while True:
        further = max(
            (
                moment(window.until)
                for window in settled
                if window.since is None or moment(window.since) <= reached
            ),
            default="",
        )
        if further <= reached:
            break
        reached = further
    assert until <= reached


@given(st.lists(windows, min_size=1), windows)
def test_a_claim_twice_changes_nothing_and_nothing_goes_back(
    claims: list[Claim], last: Claim
) -> None:
    before = merged(*claims)
    after = merge(before, last)
    assert merge(after, last) == after
    for name in ("complete_until", "checked_until"):
        assert after.get(name, "") >= before.get(name, "")


SCOPES = [
    ("pub/firefox/nightly/2017/05/", ("firefox", "nightly")),
    ("pub/firefox/releases/58.0/mac/fr/Firefox 58.0.dmg", ("firefox", "versions")),
    ("pub/mobile/candidates/57.0-candidates/", ("fennec", "versions")),
    ("pub/firefox/", ("firefox", "")),
    ("pub/focus/releases/156.0/android/", ("focus klar", "versions")),
    ("pub/thunderbird-mobile/", ("thunderbird-android", "")),
    ("pub/thunderbird-mobile/android/nightly/", ("thunderbird-android", "nightly")),
    ("pub/", ("", "")),
    ("s3://bucket/public/inventories/x.csv.gz", ("", "")),
]


@pytest.mark.parametrize(("path", "scope"), SCOPES)
def test_what_is_incomplete_without_a_path(path: str, scope: tuple[str, str]) -> None:
    assert path_scope(path) == scope


RECORD_SCOPES = [
    ("firefox_nightly_2017-05-03-03-02-12_55-0a1_win64_en-us", ("firefox", "nightly")),
    ("fennec_nightly-old-id_2017-05-30-10-01-27_55-0a1_android_multi", ("fennec", "nightly")),
    ("firefox_50-0rc1_linux-x86_64_fr", ("firefox", "versions")),
    ("thunderbird_beta_52-0b6_linux-x86_64_en-us", ("thunderbird", "versions")),
    ("odd", ("", "")),
]


@pytest.mark.parametrize(("record_id", "scope"), RECORD_SCOPES)
def test_what_is_incomplete_without_a_record(record_id: str, scope: tuple[str, str]) -> None:
    assert record_scope(record_id) == scope


def test_unsettled_paths_are_reported_for_their_product_and_few_are_listed() -> None:
    unsettled = Unsettled()
    for number in range(100):
        unsettled.note(("firefox", "nightly"), f"pub/firefox/nightly/{number}", "out-of-reach")
    unsettled.note(("", ""), "a part", "missing-inventory-part")
    nightly, beta = unsettled.of("firefox", "nightly"), unsettled.of("firefox", "beta")
    assert nightly["reasons"] == {"out-of-reach": 100, "missing-inventory-part": 1}
    assert nightly["count"] == 101
    assert 1 <= len(nightly["examples"]) <= 20
    assert beta["examples"] == [{"path": "a part", "reason": "missing-inventory-part"}]


def test_what_is_unsettled_in_a_shared_folder_counts_for_each_of_its_products() -> None:
    unsettled = Unsettled()
    unsettled.note(path_scope("pub/focus/releases/156.0/"), "pub/focus/releases/156.0/", "down")
    counts = {name: unsettled.of(name, "beta")["count"] for name in ("focus", "klar", "fenix")}
    assert counts == {"focus": 1, "klar": 1, "fenix": 0}


@pytest.mark.parametrize(
    ("bucket", "products"),
    [
        ("net-mozaws-prod-delivery-firefox", {"firefox"}),
        (
            "net-mozaws-delivery-archive",
            {*PRODUCT_NAMES} - {"firefox"},
        ),
        ("some-bucket", set()),
        ("", set()),
    ],
)
def test_an_inventory_covers_the_products_of_its_bucket(bucket: str, products: set[str]) -> None:
    assert inventory_products(bucket) == products


@pytest.mark.parametrize(
    ("created", "hours", "until"),
    [
        (datetime(2018, 8, 8, tzinfo=UTC), 0, "2018-08-08T00:00:00Z"),
        (datetime(2018, 8, 8, tzinfo=UTC), 3, "2018-08-07T21:00:00Z"),
        (datetime(2025, 1, 1, tzinfo=UTC), 0, "2023-09-06T00:00:00Z"),
    ],
)
def test_an_inventory_does_not_cover_files_in_newer_buckets(
    created: datetime, hours: int, until: str
) -> None:
    window = inventory_window(created, timedelta(hours=hours))
    assert window is not None
    assert moment(window.until) == until


def test_an_inventory_without_a_date_claims_nothing() -> None:
    assert inventory_window(None, timedelta(0)) is None
