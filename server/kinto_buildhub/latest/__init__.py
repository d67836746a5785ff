"""The newest build of a channel at an address that stays: ``/v1/latest/firefox/beta/win64/fr``.

`names` knows what people call things and `before` reads dates. `wanted` is what is asked for;
`searches` asks for it, and `matrix` for a whole channel. Which builds are the newest, and which of
two ESRs is meant, says `buildhub_schema.newest`. `missing` explains why there is none, `views` has
the addresses, and `operations` describes them.
"""

from typing import Any

from kinto_buildhub.api_operations import describe_operations
from kinto_buildhub.latest.operations import OPERATIONS


def includeme(config: Any) -> None:
    """Add the addresses."""
    config.add_api_capability(
        "latest",
        description="The newest build of a channel, at an address that stays.",
        url="https://buildhub.readthedocs.io/en/latest/api/latest.html",
    )
    describe_operations(config, *OPERATIONS)
    config.scan("kinto_buildhub.latest.views")
