"""Who a request is from, if it shows a credential: verified once, for a batch as a whole."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPUnauthorized

from kinto_buildhub import setting_parsers
from kinto_buildhub.access.accounts import too_many_requests
from kinto_buildhub.access.attempts import FailureLimit, TooManyAttempts, Verified
from kinto_buildhub.access.client_addresses import is_in, parse_address
from kinto_buildhub.credentials.authentication import hawk, refusals
from kinto_buildhub.credentials.authentication.headers import Kind, Shown, find_shown
from kinto_buildhub.credentials.authentication.last_uses import LastUses
from kinto_buildhub.credentials.authentication.lookups import Lookups, WorkingCredential
from kinto_buildhub.credentials.authentication.signed_requests import build_signed_request, rewind
from kinto_buildhub.credentials.keys import derive_hawk_key, hash_token, is_token

_ATTRIBUTE = "_buildhub_credential"


@dataclass(frozen=True, slots=True)
class HawkSettings:
    """What Hawk needs, and cannot do without.

    Attributes:
        master_secret: that keys are derived from; "" turns Hawk off.
        public_url: that signatures are about; "" turns Hawk off.
    """

    master_secret: str
    public_url: str

    def find_problem(self) -> str | None:
        """Return why Hawk is off; None if it is on."""
        if not self.master_secret:
            return "this server has no kinto.buildhub.credentials_secret"
        return None if self.public_url else "this server has no kinto.buildhub.public_url"


class Authenticator:
    """Finds the credential of a request.

    Args:
        storage: Kinto's.
        failures: limits the wrong ones from an address.
        takes_any_bearer: whether no other policy takes bearer tokens.
    """

    def __init__(
        self,
        storage: Any,
        failures: FailureLimit,
        hawk_settings: HawkSettings,
        *,
        takes_any_bearer: bool,
    ) -> None:
        self._lookups = Lookups(storage)
        self.last_uses = LastUses(self._lookups)
        self._failures, self._verified = failures, Verified()
        self._hawk = hawk_settings
        self._takes_any_bearer = takes_any_bearer

    def find(self, request: Any) -> WorkingCredential | None:
        """Return the credential that a request shows; None if it shows none.

        Raises:
            HTTPUnauthorized: it is wrong; only the first time it is asked for.
            HTTPForbidden: it may not be used from there; likewise.
            HTTPTooManyRequests: too many wrong ones came from there.
        """
        if not hasattr(request, _ATTRIBUTE):
            # Who renders an error asks again, and must not get another.
            setattr(request, _ATTRIBUTE, None)
            setattr(request, _ATTRIBUTE, self._find(request))
        found: WorkingCredential | None = getattr(request, _ATTRIBUTE)
        return found

    def renew(self, request: Any, found: WorkingCredential) -> bool:
        """Take a credential that was verified for an older request for this one.

        Returns:
            Whether it still works, and may be used from there.
        """
        for each in self._lookups.find_by_client_id(found.client_id):
            if each.number == found.number:
                setattr(request, _ATTRIBUTE, each)
                address = str(request.remote_addr)
                return not each.networks or _is_within(address, each.networks)
        return False

    def _find(self, request: Any) -> WorkingCredential | None:
        header = request.headers.get("Authorization", "")
        shown = find_shown(header, takes_any_bearer=self._takes_any_bearer)
        if shown is None:
            return None
        parent = getattr(request, "parent", None)
        if parent is not None and parent.headers.get("Authorization") == header:
            return self.find(parent)
        if parent is not None and shown.kind is Kind.HAWK:
            raise refusals.invalid_signature("Sign the batch, not the requests in it.")
        return self._authenticate(request, shown)

    def _authenticate(self, request: Any, shown: Shown) -> WorkingCredential:
        address = str(request.remote_addr)
        try:
            self._failures.require_room(address)
        except TooManyAttempts as exc:
            # A job with an old token must not stop the others of its machine.
            if (address, _claim(shown)) not in self._verified:
                raise too_many_requests(exc) from None
        verify = self._verify_token if shown.kind is Kind.TOKEN else self._verify_signature
        try:
            found = verify(request, shown.text)
        except HTTPUnauthorized as exc:
            if not refusals.is_about_clock(exc):  # Somebody who has the key.
                self._failures.count(address)
            raise
        self._verified.add((address, _claim(shown)))
        if found.networks and not _is_within(address, found.networks):
            raise refusals.forbidden(f"{found.client_id!r} may not be used from this address.")
        if found.is_use_due:
            self.last_uses.note(found.client_id)
        return found

    def _verify_token(self, request: Any, token: str) -> WorkingCredential:
        found = self._lookups.find_by_token(token) if is_token(token) else None
        if found is None:
            raise refusals.invalid_token()
        return found

    def _verify_signature(self, request: Any, header: str) -> WorkingCredential:
        problem = self._hawk.find_problem()
        if problem is not None:
            raise refusals.invalid_signature(f"Hawk is off, because {problem}.")
        client_id = hawk.find_client_id(header)
        signed = build_signed_request(request, self._hawk.public_url)
        generations = self._lookups.find_by_client_id(client_id)
        keys = [
            derive_hawk_key(self._hawk.master_secret, client_id, each.number, each.salt)
            for each in generations
        ]
        place = hawk.verify(signed, client_id, keys, partial(self._lookups.use_nonce, client_id))
        rewind(signed)
        return generations[place]


def _claim(shown: Shown) -> str | bytes:
    """Return who somebody says to be: a hash of a token, or a client ID.

    Raises:
        HTTPUnauthorized: it is not a header of Hawk.
    """
    if shown.kind is Kind.TOKEN:
        return hash_token(shown.text)
    return hawk.find_client_id(shown.text)


def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    parsed = parse_address(address)
    return parsed is not None and is_in(parsed, setting_parsers.networks(" ".join(networks)))
