"""Who is asking: accounts and their passwords.

`accounts` is the authentication policy of ``kinto.ini``, and `attempts` limits how many wrong
passwords it checks.
"""

from typing import Any

from kinto_buildhub.access.attempts import PasswordAttempts


def includeme(config: Any) -> None:
    """Make the limit that all requests of a process share."""
    values = config.registry.buildhub_settings
    config.registry.buildhub_password_attempts = PasswordAttempts(
        values["buildhub.max_password_failures"]
    )
