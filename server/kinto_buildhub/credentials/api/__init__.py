"""Credentials as JSON, at ``/v1/credentials``: for accounts, and for those who administer.

`bodies` reads what is sent, `answers` has what is answered, `views` has the addresses, and
`operations` describes them. Who may do what is in the table of `accounts.steps`.
"""

from typing import Any

from kinto_buildhub.api_operations import describe_operations
from kinto_buildhub.credentials.api.operations import OPERATIONS


def includeme(config: Any) -> None:
    """Add the addresses, where the server takes credentials."""
    if config.registry.buildhub_authenticator is None:
        return
    describe_operations(config, *OPERATIONS)
    config.scan("kinto_buildhub.credentials.api.views")
