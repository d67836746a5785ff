"""The walk, from the sample archive's listings to the real server."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from buildhub.load import load
from buildhub.sample_archive import Fault, SampleArchive, running_sample_archive
from buildhub.settings import Settings
from buildhub.summary import ExitCode, Summary
from buildhub.walk import walk

from tests.jobs.conftest import stored

BUILDS = {each.path: each for each in SampleArchive("tiny").iter_objects() if each.is_build}


def run(settings: Settings, **arguments: Any) -> Summary:
    return asyncio.run(walk(settings, **arguments))


def contents(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the stored records without what the server adds, by ID."""
    return {
        record_id: {
            name: value for name, value in record.items() if name not in ("last_modified", "schema")
        }
        for record_id, record in stored(settings).items()
    }


@pytest.mark.parametrize("style", ["s3", "gcs"])
def test_a_walk_ends_with_the_records_of_a_load(
    style: str, make_settings: Callable[..., Settings], live_server: str
) -> None:
    with running_sample_archive("tiny", style) as url:
        settings = make_settings(SERVER_URL=live_server, ARCHIVE_URL=url)
        summary = run(settings)
        print(summary.line())
        walked = contents(settings)
        loaded = make_settings(
            SERVER_URL=live_server, ARCHIVE_URL=url, S3_ENDPOINT_URL=url, BUCKET=f"{settings.bucket_id}-load"
        )
        asyncio.run(load(loaded))
        assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
        assert walked == contents(loaded)
        second = run(settings)
        print(second.line())
        assert 0
