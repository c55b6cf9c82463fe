"""From where a request comes, and whether others can read it on its way.

The bridge stands behind a proxy, so the address of its peer says little. What
the headers ``X-Forwarded-For`` and ``X-Forwarded-Proto`` say is believed only
if the peer is a proxy that the operator named. Of the addresses in the first
the last that is no such proxy counts: what stands before it is the client's
own word.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True)
class Peer:
    """Where a request comes from.

    :ivar is_private: whether nobody on the way can read a password
    """

    address: str
    is_private: bool


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks and single addresses.

    :raises ValueError: one is neither
    """
    return tuple(ipaddress.ip_network(text.strip()) for text in texts)


def read(
    environ: Mapping[str, str],
    proxies: tuple[Network, ...],
    cleartext: tuple[Network, ...],
) -> Peer:
    """Tell from where a request comes.

    :param proxies: whose headers are believed
    :param cleartext: from where a password may come without TLS
    """
    address = environ.get('REMOTE_ADDR', '').strip()
    scheme = environ.get('wsgi.url_scheme', 'http')
    if _is_in(address, proxies):
        told = environ.get('HTTP_X_FORWARDED_PROTO', scheme)
        scheme = told.rpartition(',')[2].strip().lower()
        chain = environ.get('HTTP_X_FORWARDED_FOR', '').split(',')
        while chain and _is_in(address, proxies):
            # A proxy that names nobody is the client itself.
            address = chain.pop().strip() or address
    return Peer(address, scheme == 'https' or _is_in(address, cleartext))


def _is_in(text: str, wanted: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(found, 'ipv4_mapped', None)
    return any((mapped or found) in network for network in wanted)
