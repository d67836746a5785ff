"""Which tests run in the same process, and in which order, if there are several processes."""

import re

import pytest
from xdist.scheduler import LoadScopeScheduling

# In the ID of a test that needs a search server. It takes long to start, and much memory, so that
# all tests of a server are in one process, whatever their files.
_SEARCH_SERVER = re.compile(r"\[.*?((?:elasticsearch|opensearch)-[0-9]+\.[0-9]+\.[0-9]+)")


class FilesAndServers(LoadScopeScheduling):
    """Gives a process whole files, whose tests share fixtures, and all tests of a search server."""

    def _split_scope(self, nodeid: str) -> str:
        server = _SEARCH_SERVER.search(nodeid)
        return server[1] if server else nodeid.partition("::")[0]


def put_longest_first(items: list[pytest.Item]) -> None:
    """Sort tests by the time that they may take, so that no process is left with a long file."""
    items.sort(key=_timeout_seconds, reverse=True)


def _timeout_seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark else 0.0
