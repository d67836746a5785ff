"""A policy on the header ``User-Agent``: scripts are to say whose they are.

Whoever runs a server cannot write to ``python-requests/2.32``. Off by default.
"""

import re
from functools import lru_cache
from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid.httpexceptions import HTTPClientError

from kinto_buildhub.client_policies.exceptions import is_excepted
from kinto_buildhub.execution import Environ, Execute, Layer, Response, add_layer, refuse

_SETTING = "buildhub.refuse_default_user_agents"

# What libraries and tools send unless they are told something else. Most stop after the version.
_NAMES = (
    *("python-requests", "python-urllib", "python-urllib3", "python-httpx", "aiohttp"),
    *("curl", "wget", "libwww-perl", "lwp-trivial", "httpie"),
    *("go-http-client", "okhttp", "java", "java-http-client", "apache-httpclient", "jersey"),
    *("axios", "node", "node-fetch", "undici", "got", "dart", "ruby", "guzzlehttp", "php"),
)
_DEFAULT = re.compile(
    rf"(?:python/[\w.]+ )?(?:{'|'.join(map(re.escape, _NAMES))})(?:/[\w.+-]*)?"
    # Wget's platform, the Java of Apache's client, the address of node-fetch, Dart's library.
    r"(?: \((?:linux[\w-]*|darwin[\w.]*|java/[\w.+-]+|\+https://github\.com/[\w/-]+|dart:io)\))?",
    re.IGNORECASE,
)

_LONGEST_SHOWN = 100


class Forbidden(HTTPClientError):
    """Status 403 for everybody: Kinto's own asks who is asking, and takes time to check it."""

    code = 403
    title = "Forbidden"


def includeme(config: Any) -> None:
    """Check each request, if the setting says so."""
    add_layer(config, Layer.USER_AGENTS, _wrap)


@lru_cache(maxsize=1024)
def is_default(user_agent: str) -> bool:
    """Return whether this is what a library sends by itself, or nothing."""
    return not user_agent.strip() or _DEFAULT.fullmatch(user_agent.strip()) is not None


def describe_refusal(user_agent: str) -> str:
    """Return what is wrong, and how a script gives itself a name."""
    sent = f"{user_agent[:_LONGEST_SHOWN]!r} is the default of a library"
    return (
        f"User-Agent: {sent if user_agent.strip() else 'there is none'}. Say whose script this is, "
        "and how to reach you: curl -A 'my-script/1.0 (me@example.org)', or in Python "
        "requests.get(url, headers={'User-Agent': 'my-script/1.0 (me@example.org)'})."
    )


def _wrap(router: Any, execute: Execute) -> Execute:
    if not router.registry.buildhub_settings[_SETTING]:
        return execute

    def answer(environ: Environ) -> Response:
        user_agent = environ.get("HTTP_USER_AGENT", "")
        if not is_default(user_agent) or is_excepted(environ.get("PATH_INFO", "")):
            return execute(environ)
        error = http_error(
            Forbidden(), errno=ERRORS.FORBIDDEN, message=describe_refusal(user_agent)
        )
        return refuse(router, environ, error)

    return answer
