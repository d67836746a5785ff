"""``/v1/exports/``: the files of a folder, as ``buildhub export`` fills it.

`folder` finds files and lists them, and lets nobody out of the folder. `conditions` says what part
of a file a request asks for. `views` has the addresses, and `operations` describes them.
"""

from typing import Any

from kinto_buildhub.api_operations import describe_operations
from kinto_buildhub.exports.operations import OPERATIONS
from kinto_buildhub.exports.views import add_addresses


def includeme(config: Any) -> None:
    """Add the addresses."""
    config.add_api_capability(
        "exports",
        description="The whole catalogue as files.",
        url="https://buildhub.readthedocs.io/en/latest/api/exports.html",
    )
    describe_operations(config, *OPERATIONS)
    add_addresses(config)
