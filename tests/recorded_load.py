"""The load job, writing down each record as soon as the server has acknowledged it.

Run as ``python -m tests.recorded_load``. The file that ``ACKNOWLEDGED`` names gets a line for each,
its status and its ID, which a ``kill -9`` does not undo. ``LINES`` is the size of a request.
"""

import asyncio
import os
from dataclasses import replace

from buildhub import logs
from buildhub.command.load import conclude
from buildhub.counts.published import PublishedCounts
from buildhub.load import load
from buildhub.settings import read_settings


def main() -> None:
    """Load, with counts that are written down first."""
    acknowledged = os.open(os.environ["ACKNOWLEDGED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    add = PublishedCounts.add

    def add_recorded(counts: PublishedCounts, status: str, record_id: str, error: str = "") -> None:
        os.write(acknowledged, f"{status} {record_id}\n".encode())
        add(counts, status, record_id, error)

    PublishedCounts.add = add_recorded  # type: ignore[method-assign]
    settings = replace(read_settings(os.environ), lines_per_request=int(os.environ["LINES"]))
    logs.configure(settings.log_level)
    conclude(asyncio.run(load(settings)), verbose=False)


if __name__ == "__main__":
    main()
