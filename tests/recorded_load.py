"""``buildhub``, writing down each record as soon as the server has acknowledged it.

Run as ``python -m tests.recorded_load load``. The file that ``ACKNOWLEDGED`` names gets a line for
each, its status and its ID, which a ``kill -9`` does not undo. ``LINES`` is the size of a request.
"""

import os

from buildhub import command
from buildhub.counts.published import PublishedCounts
from buildhub.publish import publisher


def main() -> None:
    """Run the command, with counts that are written down first."""
    acknowledged = os.open(os.environ["ACKNOWLEDGED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    add = PublishedCounts.add

    def add_recorded(counts: PublishedCounts, status: str, record_id: str, error: str = "") -> None:
        os.write(acknowledged, f"{status} {record_id}\n".encode())
        add(counts, status, record_id, error)

    PublishedCounts.add = add_recorded  # type: ignore[method-assign]
    publisher.LINES_PER_REQUEST = int(os.environ["LINES"])
    command.main()


if __name__ == "__main__":
    main()
