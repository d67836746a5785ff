"""The commands as processes, in a shell."""

import os
import subprocess
import sys
from pathlib import Path

from buildhub.settings import Settings

from tests.jobs.conftest import AUTH


def environment(settings: Settings, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SERVER_URL": settings.server_url,
        "ARCHIVE_URL": settings.archive_url,
        "BUCKET": settings.bucket_id,
        "BUILDHUB_DATA": str(settings.data_folder),
        "AUTH": AUTH,
        **more,
    }


def shell(
    command: str, settings: Settings, stdin: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        input=stdin,
        env=environment(settings, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
