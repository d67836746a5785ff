"""The coverage that jobs report, from real runs to the real server."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from aiohttp import web
from buildhub.counts.summary import ExitCode, Summary
from buildhub.load import load
from buildhub.publish.initialize import Change, Initializer
from buildhub.publish.kinto_client import open_kinto_client
from buildhub.publish.server import open_server
from buildhub.settings import Settings
from buildhub.walk import walk
from buildhub_sample_archive import Fault, running_sample_archive
from buildhub_schema.products import PRODUCT_NAMES

from tests.jobs.conftest import AUTH, stored
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.programs import free_port

Channels = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def settings(make_settings: Callable[..., Settings], live_server: str) -> Settings:
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=f"http://127.0.0.1:{free_port()}",
        PRODUCTS="devedition",
        TIMEOUT_SECONDS="2",
        NB_RETRY_REQUEST="1",
    )


def coverage(settings: Settings) -> Channels:
    path = f"buckets/{settings.bucket_id}/collections/{settings.collection_id}/coverage"
    answer = requests.get(f"{settings.server_url}/{path}", auth=tuple(AUTH.split(":")), timeout=30)
    channels = answer.json()["data"]["channels"]
    return {(each["product"], each["channel"]): each for each in channels}


def run(settings: Settings, *faults: Fault, **arguments: Any) -> Summary:
    """Walk the sample, which has *faults*."""
    port = int(settings.archive_url.rstrip("/").rpartition(":")[2])
    with running_sample_archive("tiny", "gcs", faults, port=port):
        return asyncio.run(walk(settings, **arguments))


def newest(settings: Settings, channel: str) -> dict[str, str]:
    """Return the youngest of the stored builds of a channel."""
    builds = [
        {name: record["build"][name] for name in ("id", "date")}
        for record in stored(settings).values()
        if record["target"]["channel"] == channel and "date" in record.get("build", {})
    ]
    return max(builds, key=lambda build: (build["date"], build["id"]))


def test_a_walk_is_complete_until_the_pages_it_has_seen(settings: Settings) -> None:
    before = datetime.now(UTC)
    assert run(settings).failure is None
    reported = coverage(settings)
    assert {product for product, _ in reported} == {"devedition"}
    aurora, nightly = reported["devedition", "aurora"], reported["devedition", "nightly"]
    until = datetime.fromisoformat(aurora["complete_until"])
    # The archive's pages may be a quarter of an hour old. Moments are cut to seconds.
    lag = timedelta(minutes=15)
    assert before - timedelta(seconds=1) <= until + lag <= datetime.now(UTC)
    assert (aurora["checked_until"], aurora["checked_by"]) == (aurora["complete_until"], "walk")
    assert aurora["newest_build"] == newest(settings, "aurora")
    assert aurora["gaps"] == {"count": 0, "reasons": {}, "examples": []}
    assert (nightly["complete_until"], nightly["newest_build"]) == (aurora["complete_until"], None)


BROKEN = "pub/devedition/releases/"


def test_what_is_left_out_stops_completeness_and_is_named_until_it_is_settled(
    settings: Settings,
) -> None:
    fault = Fault("html", f"{BROKEN}.*/win64/")
    assert run(settings, fault).exit_code == ExitCode.PARTIAL
    aurora = coverage(settings)["devedition", "aurora"]
    assert (aurora["complete_until"], bool(aurora["checked_until"])) == (None, True)
    gaps = aurora["gaps"]
    assert gaps["reasons"] == {"unreadable-listing": gaps["count"]}
    assert gaps["examples"][0]["path"].startswith(BROKEN)
    assert coverage(settings)["devedition", "nightly"]["complete_until"], "nightlies are all seen"
    assert run(settings).exit_code == ExitCode.SUCCESS
    aurora = coverage(settings)["devedition", "aurora"]
    assert aurora["complete_until"] == aurora["checked_until"]
    assert aurora["gaps"]["count"] == 0


def test_a_walk_that_breaks_off_claims_only_what_it_had_finished(settings: Settings) -> None:
    """The server refuses all that comes after Devedition's builds."""

    def breaking(request: web.Request, bulk_count: int) -> web.Response | None:
        is_later = request.path.endswith("/bulk") and bulk_count > 0
        return web.Response(status=403) if is_later else None

    both = replace(settings, products=frozenset({"devedition", "fennec"}))
    with running(forwarding(settings.server_url.removesuffix("/v1"), breaking)) as url:
        summary = run(replace(both, server_url=f"{url}/v1"))
    assert summary.failure is not None
    complete = {product for (product, _), each in coverage(both).items() if each["complete_until"]}
    assert complete == {"devedition"}


def test_a_walk_of_some_versions_tells_of_builds_and_of_no_completeness(
    settings: Settings,
) -> None:
    assert run(settings, versions=["59.0b1"]).published.created
    [aurora] = coverage(settings).values()
    assert aurora["newest_build"] == newest(settings, "aurora")
    assert (aurora["complete_until"], aurora["checked_until"]) == (None, None)


def test_a_walk_since_a_day_goes_on_where_the_catalogue_was_complete(settings: Settings) -> None:
    run(settings, since=date(2020, 1, 1))
    assert {each["complete_until"] for each in coverage(settings).values()} <= {None}
    before = datetime.now(UTC).timestamp() - 3 * 24 * 3600
    run(settings, clock=lambda: before)
    first = coverage(settings)["devedition", "aurora"]["complete_until"]
    run(settings, since=datetime.now(UTC).date())
    assert coverage(settings)["devedition", "aurora"]["complete_until"] == first
    run(settings, since=datetime.now(UTC).date() - timedelta(days=5))
    assert coverage(settings)["devedition", "aurora"]["complete_until"] > first


def test_an_older_claim_does_not_take_the_place_of_a_newer_one(settings: Settings) -> None:
    run(settings)
    complete_until = coverage(settings)["devedition", "aurora"]["complete_until"]
    run(settings, clock=lambda: datetime.now(UTC).timestamp() - 24 * 3600)
    assert coverage(settings)["devedition", "aurora"]["complete_until"] == complete_until


@pytest.mark.parametrize(
    ("inventories", "products"),
    [
        ("firefox archive", {*PRODUCT_NAMES}),
        ("archive", {*PRODUCT_NAMES} - {"firefox"}),
    ],
)
def test_a_load_covers_the_products_of_its_inventories(
    inventories: str,
    products: set[str],
    make_settings: Callable[..., Settings],
    live_server: str,
    sample_archive: str,
) -> None:
    settings = make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=sample_archive,
        S3_ENDPOINT_URL=sample_archive,
        INVENTORIES=inventories,
    )
    assert asyncio.run(load(settings)).failure is None
    reported = coverage(settings)
    complete = {pair for pair, each in reported.items() if each["complete_until"]}
    assert {product for product, _ in complete} == products
    # Since then the archive's inventories miss what is new.
    assert {reported[pair]["complete_until"] for pair in complete} == {"2023-09-06T00:00:00Z"}
    assert {reported[pair]["checked_by"] for pair in complete} == {"load"}
    beta = reported["thunderbird", "beta"]["newest_build"]
    builds = [
        record["build"]["id"]
        for record in stored(settings).values()
        if (record["source"]["product"], record["target"]["channel"]) == ("thunderbird", "beta")
        and "date" in record.get("build", {})
    ]
    assert beta["id"] == max(builds)


def test_a_load_without_a_part_claims_no_completeness(
    settings: Settings, sample_archive: str
) -> None:
    given = replace(
        settings,
        archive_url=f"{sample_archive}/",
        s3_endpoint_url=f"{sample_archive}/",
        inventories=("archive",),
    )
    gone = Fault("missing", "csv.gz$", times=10_000)
    port = free_port()
    with running_sample_archive("tiny", "gcs", [gone], port=port) as url:
        summary = asyncio.run(load(replace(given, s3_endpoint_url=f"{url}/")))
    assert summary.read_counts.unsettled
    aurora = coverage(settings)["devedition", "aurora"]
    assert aurora["complete_until"] is None
    assert aurora["gaps"]["reasons"] == {"missing-inventory-part": aurora["gaps"]["count"]}


def test_a_server_that_keeps_no_coverage_gets_its_records_all_the_same(
    settings: Settings,
) -> None:
    """An account that may write records, and create nothing beside them."""

    async def make_all_but_coverage() -> None:
        async with open_kinto_client(settings) as client:
            own = Initializer(client, settings)
            await own.apply([change for change in await own.plan() if change.kind != "coverage"])

    asyncio.run(make_all_but_coverage())
    session = requests.Session()
    me = session.get(f"{settings.server_url}/", auth=("writer", "x"), timeout=30).json()
    permissions = {"permissions": {"write": [me["user"]["id"]]}}
    url = f"{settings.server_url}/buckets/{settings.bucket_id}/collections/releases"
    answer = session.patch(url, json=permissions, auth=tuple(AUTH.split(":")), timeout=30)
    answer.raise_for_status()
    summary = run(replace(settings, auth="writer:x"), versions=["59.0b1"])
    assert summary.exit_code == ExitCode.SUCCESS, summary.failure
    assert summary.published.created
    assert coverage(settings) == {}


def test_many_that_start_on_an_empty_server_make_it_together(settings: Settings) -> None:
    patient = replace(settings, retry_count=5)

    async def make() -> None:
        async with open_server(patient) as server:
            await server.create_missing()

    async def together() -> None:
        await asyncio.gather(*(make() for _ in range(8)))

    async def plan() -> list[Change]:
        async with open_kinto_client(settings) as client:
            return await Initializer(client, settings).plan()

    asyncio.run(together())
    assert asyncio.run(plan()) == []
