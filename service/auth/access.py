"""From a request's headers to its caller."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.auth.keys import DEFAULT_TENANT, KEY_PREFIX, Key, Scope
from service.auth.nonces import Nonces
from service.auth.rate_limits import Allowance, RateLimits
from service.auth.ring import KeyRing
from service.auth.tenants import Tenants
from service.auth.viewer_tokens import TOKEN_PREFIX, invalid_token, key_id_of, viewer_of
from service.clock import Clock
from service.problems import ProblemError
from service.settings import Settings

_OURS = (KEY_PREFIX, TOKEN_PREFIX)
_HOW = "send one in X-API-Key or as Authorization: Bearer; `tagreel keys create` makes one"


@dataclass(frozen=True)
class Caller:
    """Who sent a request."""

    key: Key | None
    """None where the service is open and nobody is asked."""
    viewer_id: str | None = None
    """The only viewer whose answers may be read; None for whoever holds the key itself."""

    @property
    def tenant(self) -> str:
        """Whose data it is about."""
        return DEFAULT_TENANT if self.key is None else self.key.tenant

    @property
    def shown_key(self) -> Key:
        """The key, of callers whose gate asks for one."""
        if self.key is None:
            raise ProblemError(401, "key-missing", f"This needs a key: {_HOW}")
        return self.key

    @property
    def scope(self) -> Scope:
        """What they may do."""
        if self.key is None:
            return Scope.ADMIN
        return self.key.scope if self.viewer_id is None else Scope.READ


NOBODY = Caller(None)


class Access:
    """Tells callers by their credentials, counts their requests, and holds their tenants."""

    def __init__(self, settings: Settings, clock: Clock, tenants: Tenants, keys: KeyRing) -> None:
        self.settings, self.clock, self.tenants, self.keys = settings, clock, tenants, keys
        self.limits, self.nonces = RateLimits(), Nonces()

    def caller(self, headers: Iterable[tuple[bytes, bytes]], keyed: bool = False) -> Caller:
        """Who sent a request with these headers.

        A key or token of ours is never passed over, not where the service is open either: its tenant must be the one
        that answers.

        Args:
            headers: as ASGI has them.
            keyed: ask for a key where the service is open, too.

        Raises:
            ProblemError: 401; they are nobody.
        """
        given = credential(headers)
        if self.is_open and not keyed and not (given or "").startswith(_OURS):
            return NOBODY
        if given is None:
            raise ProblemError(401, "key-missing", f"This needs a key: {_HOW}")
        if given.startswith(TOKEN_PREFIX):
            return self._viewer(given)
        key = self.keys.of_secret(given)
        if key is None:
            raise ProblemError(401, "key-unknown", f"There is no such key, or it was revoked: {_HOW}")
        return Caller(key)

    def count(self, caller: Caller) -> Allowance | None:
        """Count a caller's request: a viewer's against their own limit, any other against the key's, if it has one."""
        key = caller.key
        if key is None:
            return None
        if caller.viewer_id is not None:
            return self.limits.take(f"{key.tenant}/{caller.viewer_id}", self.settings.viewer_per_minute)
        return None if key.per_minute is None else self.limits.take(key.key_id, key.per_minute)

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for a key."""
        auth = self.settings.auth
        return auth == "open" or (auth == "auto" and not self.keys.has_keys)

    def _viewer(self, token: str) -> Caller:
        key = self.keys.of_id(key_id_of(token))
        if key is None:
            raise invalid_token()
        return Caller(key, viewer_of(token, key, self.clock()))


def credential(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """What `X-API-Key` says, or else a bearer's `Authorization`.

    Args:
        headers: as ASGI has them, their names in lower case.
    """
    bearer = None
    for name, value in headers:
        if name == b"x-api-key":
            return value.decode("latin-1")
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            bearer = value[7:].strip().decode("latin-1")
    return bearer
