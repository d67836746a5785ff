"""The server that agents talk to, over standard input and output."""

import importlib.metadata
from typing import Any

from mcp.server import MCPServer
from mcp.types import ToolAnnotations

from buildhub.agents.tools import Tools
from buildhub.client import AsyncBuildHub

INSTRUCTIONS = """\
BuildHub is a catalogue of every build that Mozilla ships: one record for each downloadable build of
a version, platform and locale. All tools only read.

Each answer says what the catalogue knows. `outcome` tells found, not_found, not_covered (no builds
of that product are in the catalogue) and not_indexed_yet (too young to be known) apart; only
not_found means that there is no such build. `complete_until` is the time before which every build
is in the catalogue. Do not conclude anything about younger builds that are missing.

Build IDs and versions are texts: `56.10` is not `56.1`. `download.url` may contain spaces, which
have to be encoded.
"""

_READS_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def make_server(hub: AsyncBuildHub) -> MCPServer[Any]:
    """Return a server whose tools ask *hub*."""
    server: MCPServer[Any] = MCPServer(
        "buildhub",
        title="BuildHub",
        instructions=INSTRUCTIONS,
        version=importlib.metadata.version("buildhub"),
        log_level="WARNING",
    )
    for tool in Tools(hub).all():
        server.add_tool(tool, annotations=_READS_ONLY)
    return server


async def serve(hub: AsyncBuildHub) -> None:
    """Answer over standard input and output, until the input ends."""
    async with hub:
        await make_server(hub).run_stdio_async()
