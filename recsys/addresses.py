"""Addresses that strangers name: only http and https, and no host of a private network unless that is allowed."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from recsys.errors import DataError, require

MAX_URL = 2000
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """An address taken apart."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as a request names them."""
    url: str


def address(url: str, allow_private: bool = False) -> Address:
    """Take an address apart, and refuse what can be refused without asking a name server.

    Args:
        url: as it was given.
        allow_private: whether hosts of private networks are fine.

    Raises:
        DataError: it is no http or https address, names a user, or a private host.
    """
    rule = f"{url[:200]!r} is no address that can be used"
    plain = len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    require(plain, f"{rule}: it has up to {MAX_URL} printable characters, others percent-encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DataError(f"{rule}: {error}") from None
    require(parts.scheme in PORTS, f"{rule}: it begins with http:// or https://")
    require(bool(parts.hostname), f"{rule}: it names no host")
    require(parts.username is None and parts.password is None, f"{rule}: it must not hold a user or a password")
    host = parts.hostname or ""
    literal = _literal(host)
    local = host == "localhost" or host.endswith(".localhost")
    refused = local or (literal is not None and not is_public(literal))
    require(allow_private or not refused, private(host))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, host, port or PORTS[parts.scheme], target, url)


def reachable(one: Address, allow_private: bool = False) -> str:
    """The IP address to connect to: the host's first, once all of them have been looked at.

    Who connects to the name instead could be sent elsewhere by its next look-up.

    Raises:
        DataError: one of them is private.
        OSError: the name server does not know it.
    """
    found = [str(info[4][0]) for info in socket.getaddrinfo(one.host, one.port, type=socket.SOCK_STREAM)]
    for ip in found:
        require(allow_private or is_public(ip_address(ip.partition("%")[0])), private(one.host))
    return found[0]


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an IP address is of the public internet, and of one host.

    >>> [is_public(ip_address(x)) for x in ("1.1.1.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False, False]
    """
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _translated(ip)
        if inner is not None:
            return is_public(inner)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def private(host: str) -> str:
    """What is said of a private host."""
    return f"{host[:200]} is a host of a private network; such addresses are not fetched here"


def _translated(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address in one of the well-known prefix of NAT64."""
    return IPv4Address(int(ip) & 0xFFFFFFFF) if int(ip) >> 32 == 0x64FF9B << 64 else None


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is, in the odd spellings too that look-ups take for one (127.1, 0x7f000001)."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
