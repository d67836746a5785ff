"""What could not be delivered, in a file, a message a line."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from buildhub.temporary_files import writing


class DeadLetters:
    """The file.

    Args:
        path: made when there is something to write; for its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, message_id: str, url: str, body: bytes, problem: str) -> None:
        """Keep a message; it is on the disk when this returns.

        Raises:
            DiskFailure: it is not.
        """
        line: dict[str, Any] = {
            "webhook_id": message_id,
            "url": url,
            "failed": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "problem": problem,
            "body": orjson.loads(body),
        }
        with writing(self.path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            file = os.open(self.path, flags, 0o600)
            with open(file, "ab") as stream:
                stream.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
                stream.flush()
                os.fsync(stream.fileno())
        self.count += 1
