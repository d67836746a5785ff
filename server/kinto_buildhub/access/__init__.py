"""Who is asking: accounts and their passwords.

`accounts` is the authentication policy of ``kinto.ini``, `attempts` limits how many wrong passwords
it checks, `account_bodies` refuses what no account can be made of, and `client_addresses` tells
where a request comes from. `cross_origin` lets scripts of other sites read, and `foreign_writes`
keeps other sites from writing with a password that a browser remembers.
"""

from typing import Any

from kinto_buildhub.access.attempts import FailureLimit, PasswordAttempts


def includeme(config: Any) -> None:
    """Make the limit that all requests of a process share."""
    values = config.registry.buildhub_settings
    config.registry.buildhub_password_attempts = PasswordAttempts(
        FailureLimit(values["buildhub.max_password_failures"])
    )
