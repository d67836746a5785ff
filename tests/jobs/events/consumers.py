"""Consumers as their users start them, and what they should end with."""

import asyncio
from dataclasses import replace
from typing import Any

from buildhub.counts.summary import ExitCode
from buildhub.load import load
from buildhub.settings import Settings

from tests.jobs.conftest import plain, stored
from tests.stand_ins.programs import Program


def loaded(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what a load alone leaves in a bucket of its own, without what the server adds."""
    alone = replace(settings, bucket_id=f"{settings.bucket_id}-alone")
    assert asyncio.run(load(alone)).exit_code == ExitCode.SUCCESS
    return plain(stored(alone))


def consume(settings: Settings, *options: str, **environment: str) -> Program:
    """Start a consumer; *environment* says of which queue, and how."""
    return Program(
        "buildhub",
        "listen",
        *options,
        SERVER_URL=settings.server_url,
        BUCKET=settings.bucket_id,
        AUTH=settings.auth or "",
        ARCHIVE_URL=settings.archive_url,
        CACHE_FOLDER=str(settings.cache_path.parent),
        METADATA_WAIT_MINUTES="0",
        **environment,
    )
