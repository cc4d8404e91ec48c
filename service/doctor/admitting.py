"""Who is let in, and where the service listens."""

from collections.abc import Iterator

from service.auth.keys import DEFAULT_TENANT, Scope
from service.auth.listening import is_loopback
from service.doctor.findings import Finding, failed, ok, warning
from service.settings import Settings
from service.storage.keys import list_keys
from service.storage.store import Store

MAKE = "`tagreel keys create` makes one"


def look_at_keys(host: str, settings: Settings, store: Store) -> Iterator[Finding]:
    """Whether those who should can ask, and nobody else.

    Args:
        host: the address that the service listens at, or will.
        settings: of the service.
        store: read-only, at this version's schema.
    """
    with store.reading() as connection:
        made = list_keys(connection)
    good = [one for one in made if one.revoked_at is None]
    where = f"{host} is for this machine alone" if is_loopback(host) else f"{host} is open to other machines"
    if settings.auth == "open":
        what = f"nobody is asked for a key (TAGREEL_AUTH=open); {where}"
        yield ok("keys", what) if is_loopback(host) else warning("keys", what, "let TAGREEL_AUTH be required")
    elif not made and settings.auth == "auto":
        what = f"no key was made yet; {where}"
        yield ok("keys", what) if is_loopback(host) else failed("keys", f"{what}: it will not start", MAKE)
    elif not good:
        yield failed("keys", "there is no key that works, so everybody is turned away", MAKE)
    elif not any(one.scope == Scope.ADMIN and one.tenant == DEFAULT_TENANT for one in good):
        what = f"{len(good)} keys, none of scope admin: nobody can read /metrics"
        yield warning("keys", what, "`tagreel keys create --scope admin --name metrics` makes one")
    else:
        yield ok("keys", f"{len(good)} of {len(made)} keys work; {where}")
