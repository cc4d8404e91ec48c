"""Whether a service that asks nobody for a key may listen at an address."""

from ipaddress import ip_address

from recsys.errors import ConfigError, require
from service.settings import Settings
from service.storage.keys import is_any_key
from service.storage.store import Store


def check_listening(host: str, settings: Settings, store: Store) -> None:
    """Let nobody put an open service on a network without saying so.

    Raises:
        ConfigError: others than this machine could ask there, and nobody would ask them for a key.
    """
    if settings.auth != "auto" or is_loopback(host):
        return
    with store.reading() as connection:
        is_closed = is_any_key(connection)
    what = f"{host} is open to other machines and no key was made yet, so anybody could read and change everything"
    require(is_closed, f"{what}: `tagreel keys create` makes one, --open lets everybody in", ConfigError)


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask there. Names other than localhost may lead anywhere."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
