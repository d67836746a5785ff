"""The newest build of a channel at an address that stays: ``/v1/latest/firefox/beta/win64/fr``.

`names` knows what people call things and `before` reads dates. `searches` asks for the newest
builds, and `esr` says which of two ESRs is meant. `missing` explains why there is none, and `views`
has the addresses.
"""

from typing import Any


def includeme(config: Any) -> None:
    """Add the addresses."""
    config.add_api_capability(
        "latest",
        description="The newest build of a channel, at an address that stays.",
        url="https://buildhub.readthedocs.io/en/latest/api/latest.html",
    )
    config.scan("kinto_buildhub.latest.views")
