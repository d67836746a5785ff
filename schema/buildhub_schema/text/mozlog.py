"""Log lines as JSON, in the shape of Mozilla's services (mozlog), for the server and the jobs.

Source: https://wiki.mozilla.org/Firefox/Services/Logging, version 2.0.
"""

import json
import os
import socket
from collections.abc import Mapping
from functools import cache
from typing import Any

LOGFMT, JSON = "logfmt", "json"
LOG_FORMATS = (LOGFMT, JSON)
"""What ``LOG_FORMAT`` may be, the default first."""

LOGGER = "buildhub"
"""The name of the application, which tells its lines from those of others."""

# From levels of Python's logging, as their names are written, to severities of syslog.
_SEVERITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
_LEAST_SEVERE = 7


def format_mozlog(type_: str, level: str, timestamp_ns: int, fields: Mapping[str, Any]) -> str:
    """Return a line of JSON, without its end.

    Args:
        type_: what the line is about: the name of its logger.
        level: the name of a level of Python's logging, in lower case.
        timestamp_ns: nanoseconds since the epoch.
        fields: what is JSON stays as it is, of all else there is its ``repr``. Characters beyond
            ASCII are escaped, so that no terminal takes them for commands.
    """
    line = {
        "Timestamp": timestamp_ns,
        "Type": type_,
        "Logger": LOGGER,
        "Hostname": _hostname(),
        "EnvVersion": "2.0",
        "Severity": _SEVERITIES.get(level, _LEAST_SEVERE),
        "Pid": os.getpid(),
        "Fields": {str(name): value for name, value in fields.items()},
    }
    return json.dumps(line, default=repr).replace("\x7f", "\\u007f")


@cache
def _hostname() -> str:
    return socket.gethostname()
