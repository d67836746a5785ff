"""What a server may ask of its clients: a name, and not too many requests.

Both are off by default. `user_agents` refuses scripts that do not say whose they are, and `rates`
limits how many requests come from an address or with a credential, counted in `counters`.
"""

from typing import Any


def includeme(config: Any) -> None:
    """Add the layers around the execution of requests."""
    config.include("kinto_buildhub.client_policies.user_agents")
    config.include("kinto_buildhub.client_policies.rates")
