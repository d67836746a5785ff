"""Credentials, secrets and their log as JSON."""

from datetime import datetime
from typing import Any

from kinto_buildhub.credentials.store import scopes_as_json
from kinto_buildhub.credentials.values import Credential, Generation, LogEntry, Secret


def credential_as_json(credential: Credential) -> dict[str, Any]:
    """Return all that is known of a credential."""
    return {
        "client_id": credential.client_id,
        "owner": credential.owner,
        "state": credential.state.value,
        "collections": scopes_as_json(credential.scopes),
        "networks": list(credential.networks),
        "created": _time(credential.created),
        "expires": _time(credential.expires),
        "last_used": _time(credential.last_used),
        "generations": [_generation(each) for each in credential.generations],
    }


def secret_as_json(secret: Secret) -> dict[str, Any]:
    """Return a secret; nobody can ask for it again."""
    return {
        "client_id": secret.client_id,
        "generation": secret.generation,
        "token": secret.token,
        "hawk_key": secret.hawk_key,
        "hawk_algorithm": "sha256",
    }


def entry_as_json(entry: LogEntry) -> dict[str, Any]:
    """Return a step."""
    return {
        "at": _time(entry.at),
        "actor": entry.actor,
        "address": entry.address,
        "action": entry.action,
        "details": dict(entry.details),
    }


def _generation(generation: Generation) -> dict[str, Any]:
    return {
        "number": generation.number,
        "created": _time(generation.created),
        "is_shown": generation.is_shown,
        "ends": _time(generation.ends),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
