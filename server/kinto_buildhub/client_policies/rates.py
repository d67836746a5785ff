"""Limits on how many requests come from an address, and with a credential. Off by default.

An address is counted before anything else is done. A credential is counted once it is known to be
right: otherwise whoever knows its name could use it up. Those requests never take the fast path.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from kinto.core.errors import ERRORS, http_error
from limits import RateLimitItem
from pyramid.events import ContextFound
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPTooManyRequests

from kinto_buildhub.access.client_addresses import customer, is_in, parse_address
from kinto_buildhub.client_policies.counters import Counters
from kinto_buildhub.client_policies.exceptions import is_excepted
from kinto_buildhub.client_policies.rate_headers import Usage, add_headers, retry_after_seconds
from kinto_buildhub.execution import Environ, Execute, Layer, Response, add_layer, refuse
from kinto_buildhub.setting_parsers import Network
from kinto_buildhub.settings import PREFIX, RATES, RATES_FILE, limits_rates

_BY_ADDRESS, _BY_CREDENTIAL = RATES
_EXEMPT = "buildhub.rate_exempt_addresses"

# In the environment of a request: what it has used.
_USAGES = "buildhub.usages"


class Rates:
    """The limits of a server.

    Args:
        counters: where requests are counted.
        by_address: None: any number.
        by_credential: None: any number.
        exempt: networks that may send any number.
    """

    def __init__(
        self,
        counters: Counters,
        by_address: RateLimitItem | None,
        by_credential: RateLimitItem | None,
        exempt: tuple[Network, ...],
    ) -> None:
        self._counters, self._by_address, self._exempt = counters, by_address, exempt
        self.by_credential = by_credential

    def hit_address(self, remote_addr: str) -> Usage | None:
        """Count a request from an address; None if it may send any number."""
        rate = self._by_address
        name = None if rate is None else address_key(remote_addr, self._exempt)
        return None if rate is None or name is None else self._hit("address", rate, name)

    def hit_credential(self, user_id: str, rate: RateLimitItem) -> Usage:
        """Count a request with a credential."""
        return self._hit("credential", rate, user_id)

    def _hit(self, policy: str, rate: RateLimitItem, name: str) -> Usage:
        window_seconds = rate.get_expiry()
        count = self._counters.hit(f"{policy}:{name}", window_seconds)
        return Usage(policy, rate.amount, window_seconds, *count)


def includeme(config: Any) -> None:
    """Count each request, if a setting limits them."""
    values = config.registry.buildhub_settings
    if not limits_rates(values):
        return
    counters = _open_counters(values[RATES_FILE.name])
    rates = Rates(counters, values[_BY_ADDRESS], values[_BY_CREDENTIAL], values[_EXEMPT])
    config.registry.buildhub_rates = rates
    config.add_subscriber(_count_credential, ContextFound)
    add_layer(config, Layer.RATES, _wrap)


@lru_cache(maxsize=4096)
def address_key(remote_addr: str, exempt: tuple[Network, ...] = ()) -> str | None:
    """Return the name that an address is counted under; None if it is exempt."""
    address = parse_address(remote_addr)
    is_exempt = address is not None and is_in(address, exempt)
    return None if is_exempt else customer(remote_addr)


def _open_counters(path: str) -> Counters:
    try:
        return Counters(Path(path) if path else None)
    except OSError as exc:
        raise ConfigurationError(f"{RATES_FILE.ini_name} is {path}: {exc.strerror}.") from exc


def _wrap(router: Any, execute: Execute) -> Execute:
    rates: Rates = router.registry.buildhub_rates

    def answer(environ: Environ) -> Response:
        if is_excepted(environ.get("PATH_INFO", "")):
            return execute(environ)
        usage = rates.hit_address(environ.get("REMOTE_ADDR") or "")
        usages = environ[_USAGES] = [] if usage is None else [usage]
        if usage is not None and usage.is_exceeded and not _is_preflight(environ):
            response = refuse(router, environ, _too_many(usage, f"{PREFIX}{_BY_ADDRESS}"))
        else:
            response = execute(environ)
        limited: Response = add_headers(response, usages)
        return limited

    return answer


def _is_preflight(environ: Environ) -> bool:
    """Return whether a browser asks whether a page may send a request.

    It counts, but is answered: to the page a refusal is an error of the network, and only the
    request itself may say when to try again. Nothing is read or written for it.
    """
    return (
        environ["REQUEST_METHOD"] == "OPTIONS"
        and {
            "HTTP_ORIGIN",
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
        }
        <= environ.keys()
    )


def _count_credential(event: Any) -> None:
    request = event.request
    if "HTTP_AUTHORIZATION" not in request.environ or getattr(request, "parent", None) is not None:
        return
    rates: Rates = request.registry.buildhub_rates
    usages: list[Usage] | None = request.environ.get(_USAGES)
    if usages is None or rates.by_credential is None or request.authenticated_userid is None:
        return
    # Kinto knows its prefix once somebody has asked who it is.
    usage = rates.hit_credential(request.prefixed_userid, rates.by_credential)
    usages.append(usage)
    if usage.is_exceeded:
        raise _too_many(usage, f"{PREFIX}{_BY_CREDENTIAL}")


def _too_many(usage: Usage, setting: str) -> HTTPTooManyRequests:
    seconds = retry_after_seconds(usage)
    response = http_error(
        HTTPTooManyRequests(),
        errno=ERRORS.CLIENT_REACHED_CAPACITY,
        message=f"More than {usage.quota} requests in {usage.window_seconds} s with the same "
        f"{usage.policy} ({setting}): try again in {seconds} s.",
    )
    response.headers["Retry-After"] = str(seconds)
    return response
