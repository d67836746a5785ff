"""Credentials of publishers, with a life of their own: requested, approved, rotated, revoked.

`administration` has the steps of that life, `proposals` checks what is asked for, `store` keeps
credentials in the database with a log, and `keys` makes the secrets.

`authentication` finds the credential that a request shows. What it may do is in the table of
`rights`, and `policy` tells Kinto. Accounts administer credentials through `api` and `page`.
"""

from collections.abc import Mapping
from typing import Any

from kinto.core.openapi import OpenAPI
from pyramid.events import NewRequest
from pyramid.settings import aslist

from kinto_buildhub.credentials.authentication.authenticator import Authenticator, HawkSettings
from kinto_buildhub.credentials.policy import CredentialPolicy, find_credential
from kinto_buildhub.credentials.rights import PRINCIPALS, SETTINGS

POLICY = f"{CredentialPolicy.__module__}.{CredentialPolicy.__name__}"

# Kinto's own; it needs no line of its own in the settings.
_BUILT_IN = {"basicauth": "kinto.core.authentication.BasicAuthAuthenticationPolicy"}

# Policies that take passwords only. Others may take bearer tokens of their own.
_PASSWORD_POLICIES = {"kinto_buildhub.access.accounts.AccountsPolicy", *_BUILT_IN.values()}

# For the description of the API in OpenAPI 3.1.
_SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "API token of a publisher."},
    "hawk": {"type": "http", "scheme": "hawk", "description": "Signature with a Hawk key."},
}


def includeme(config: Any) -> None:
    """Take credentials, where the settings have the policy for them."""
    settings, registry = config.get_settings(), config.registry
    registry.buildhub_authenticator = None
    policies = find_policies(settings)
    if POLICY not in policies.values():
        return
    hawk = _hawk_settings(registry.buildhub_settings, settings)
    registry.buildhub_authenticator = Authenticator(
        registry.storage,
        registry.buildhub_password_attempts.failures,
        hawk,
        takes_any_bearer=set(policies.values()) - {POLICY} <= _PASSWORD_POLICIES,
    )
    _give_rights(settings)
    config.include("kinto_buildhub.credentials.policy")
    config.add_subscriber(_on_new_request, NewRequest)
    _describe(config, policies, has_hawk=hawk.find_problem() is None)


def _describe(config: Any, policies: Mapping[str, str], *, has_hawk: bool) -> None:
    """Add credentials to the server's capabilities, and to both descriptions of its API."""
    config.add_api_capability(
        "credentials",
        description="API tokens and Hawk signatures, for publishers.",
        url="https://buildhub.readthedocs.io/en/latest/api/credentials.html",
        hawk=has_hawk,
    )
    config.registry.buildhub_api_security = _SECURITY_SCHEMES
    for name, policy in policies.items():
        if policy == POLICY:
            OpenAPI.expose_authentication_method(
                name, {"type": "apiKey", "in": "header", "name": "Authorization"}
            )


def find_policies(settings: Any) -> dict[str, str]:
    """Return the classes of the authentication policies, by the names the settings give them."""
    names = aslist(settings.get("multiauth.policies", ""))
    return {
        name: str(settings.get(f"multiauth.policy.{name}.use", _BUILT_IN.get(name, "")))
        for name in names
    }


def _hawk_settings(values: Any, settings: Any) -> HawkSettings:
    scheme, host = settings.get("http_scheme"), settings.get("http_host")
    known_url = f"{scheme}://{host}" if scheme and host else ""
    return HawkSettings(
        master_secret=values["buildhub.credentials_secret"],
        public_url=values["buildhub.public_url"] or known_url,
    )


def _give_rights(settings: Any) -> None:
    for name, scopes in SETTINGS.items():
        given = aslist(settings.get(name) or "")
        settings[name] = " ".join([*given, *(PRINCIPALS[scope] for scope in scopes)])


def _on_new_request(event: Any) -> None:
    """Refuse a credential that is wrong, also where anybody may read."""
    find_credential(event.request)
