"""Another policy that takes bearer tokens, as OpenID's does."""

from typing import Any

from kinto.core.authentication import BasicAuthAuthenticationPolicy


class OtherPolicy(BasicAuthAuthenticationPolicy):
    """Takes one token."""

    def authenticated_userid(self, request: Any) -> str | None:
        is_known = request.headers.get("Authorization") == "Bearer of-the-other"
        return "somebody" if is_known else None
