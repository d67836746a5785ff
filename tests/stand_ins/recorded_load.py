"""``buildhub load``, with a log of the records that the server has acknowledged.

Run as ``python -m tests.stand_ins.recorded_load``. Each acknowledged record adds a line with
status and ID to the file in ``ACKNOWLEDGED``, which survives ``kill -9``. ``LINES`` is the number
of records per request.
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
    """Load, and log each record before it is counted."""
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
