"""From where a request comes, and whether others can read it on its way.

The bridge stands behind a proxy, so the address of its peer says little. What
the headers ``X-Forwarded-For`` and ``X-Forwarded-Proto`` say is believed only
if the peer is a proxy that the operator named. Of the addresses in the first
the last that is no such proxy counts: what stands before it is the client's
own word. A proxy that names nobody hides who comes, and nobody is believed to
be near then.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True)
class Peer:
    """Where a request comes from.

    :ivar address: empty where a proxy does not tell
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
        address = _client([each.strip() for each in chain], proxies)
    return Peer(address, scheme == 'https' or _is_in(address, cleartext))


def _client(chain: list[str], proxies: tuple[Network, ...]) -> str:
    """Pick the last that is no proxy, or the first where all are."""
    strangers = [each for each in chain if not _is_in(each, proxies)]
    return strangers[-1] if strangers else chain[0]


def _is_in(text: str, wanted: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(found, 'ipv4_mapped', None)
    return any((mapped or found) in network for network in wanted)
