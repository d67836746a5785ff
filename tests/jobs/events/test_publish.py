"""Any order, duplication and loss of events: one load afterwards leaves what a load alone does."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from buildhub.counts.summary import ExitCode, Summary
from buildhub.events.publish import open_event_publisher
from buildhub.load import load
from buildhub.rules.entry import Entry
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.jobs.conftest import plain, row, stored, write_inventory

# Two files with one ID, a release with its candidates, and a nightly with its -l10n folder.
FOLDERS = (
    "pub/firefox/releases/1.5/linux-i686/",
    "pub/firefox/releases/56.0b12/win32/",
    "pub/firefox/candidates/56.0b12-candidates/build1/win32/",
    "pub/firefox/nightly/2017/07/2017-07-10-10-01-09-mozilla-central",
)
OBJECTS = [each for each in SampleArchive("tiny").iter_objects() if each.path.startswith(FOLDERS)]
EVENTS = st.lists(
    st.lists(
        st.builds(
            lambda each, late: Entry(each.path, each.size, each.modified.replace(second=late)),
            st.sampled_from(OBJECTS),
            st.integers(0, 59),
        ),
        min_size=1,
        max_size=6,
    ),
    max_size=5,
)


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive)


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    rows = [
        row(each.path.replace(" ", "+"), str(each.size), f"{each.modified:%Y-%m-%dT%H:%M:%S.000Z}")
        for each in OBJECTS
    ]
    return write_inventory(tmp_path, rows)


def publish(settings: Settings, batches: list[list[Entry]]) -> Summary:
    """Publish events in batches, as consumers do."""
    summary = Summary()

    async def work() -> None:
        async with open_event_publisher(settings, summary) as publisher:
            for batch in batches:
                await publisher.publish_entries(batch)

    asyncio.run(work())
    return summary


def loaded(settings: Settings, manifest: str) -> dict[str, dict[str, Any]]:
    assert asyncio.run(load(settings, sources=[manifest])).exit_code == ExitCode.SUCCESS
    return plain(stored(settings))


@pytest.mark.timeout(300)
def test_events_in_any_order_and_then_a_load_leave_what_a_load_alone_does(
    settings: Settings, manifest: str
) -> None:
    alone = loaded(settings, manifest)
    assert len(alone) >= 20

    @hypothesis_settings(
        max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(EVENTS)
    def check(batches: list[list[Entry]]) -> None:
        after = replace(settings, bucket_id=f"test-{uuid.uuid4().hex}")
        publish(after, batches)
        between = {key: record["download"]["url"] for key, record in stored(after).items()}
        after_load = loaded(after, manifest)
        # Metadata of the candidate bring builds that lie outside these folders, too.
        assert {key: after_load[key] for key in alone} == alone
        assert between.keys() <= after_load.keys()

    check()


def test_files_that_are_no_builds_are_counted_by_reason(settings: Settings) -> None:
    others = [each for each in OBJECTS if each.path.endswith((".asc", ".mar", ".checksums"))][:5]
    summary = publish(settings, [[Entry(each.path, each.size, each.modified) for each in others]])
    assert others
    assert sum(summary.read_counts.skipped.values()) == len(others)
    assert stored(settings) == {}
