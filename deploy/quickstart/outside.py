"""What of our networks this machine really uses: its package sources.

RFC 5737 sets our networks aside for documentation, and still a machine
behind a mirror may reach that mirror there. It keeps its way to such an
address: a cloud that cuts its own machine off from apt and pip could not be
updated, nor could the tests be installed beside it.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import ipaddress
import json
import os
import re
import socket

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import process

# Marks our routes among all others: a number that no routing daemon has
# (iproute2, /etc/iproute2/rt_protos).
_PROTOCOL = '77'
_DEFAULT_SOURCES = 'https://pypi.org/ https://files.pythonhosted.org/'
_HOST = re.compile(r'https?://(?:[^/@\s]+@)?([^/:\s]+)')
_NETWORKS = tuple(
    ipaddress.ip_network(cidr)
    for cidr in (constants.MANAGEMENT_CIDR, constants.PUBLIC_CIDR)
)


def keep_routes() -> None:
    """Give each such address a route of its own, as it is reached now.

    To be called before the networks are taken.
    """
    for address in addresses():
        via = _gateway(address)
        if via:
            words = ('via', via[0], 'dev', via[1], 'proto', _PROTOCOL)
            process.run(['ip', 'route', 'replace', f'{address}/32', *words])


def forget_routes() -> None:
    """Remove the routes of ``keep_routes``."""
    process.succeeds(['ip', 'route', 'flush', 'proto', _PROTOCOL])


def addresses() -> list[str]:
    """List the addresses in our networks that packages come from."""
    found = {
        address
        for host in hosts(sources())
        for address in _resolved(host)
        if any(ipaddress.ip_address(address) in each for each in _NETWORKS)
    }
    return sorted(found, key=ipaddress.ip_address)


def hosts(text: str) -> list[str]:
    """Find the hosts of the URLs in a text."""
    return sorted(set(_HOST.findall(text)))


def pools(first: str, last: str, taken: Iterable[str]) -> list[dict[str, str]]:
    """Split a range of addresses around those that are taken."""
    found = []
    start = int(ipaddress.ip_address(first))
    end = int(ipaddress.ip_address(last))
    for number in sorted(int(ipaddress.ip_address(each)) for each in taken):
        if start <= number <= end:
            found.append((start, number - 1))
            start = number + 1
    found.append((start, end))
    return [
        {
            'start': str(ipaddress.ip_address(low)),
            'end': str(ipaddress.ip_address(high)),
        }
        for low, high in found
        if low <= high
    ]


def sources() -> str:
    """Gather every URL that apt and pip are configured with."""
    proxies = [
        value for name, value in os.environ.items() if '_proxy' in name.lower()
    ]
    listed = [
        _output('apt-get', 'indextargets', '--format', '$(REPO_URI)'),
        _output('/usr/bin/python3', '-m', 'pip', 'config', 'list'),
    ]
    return ' '.join([_DEFAULT_SOURCES, *listed, *proxies])


def _output(*command: str) -> str:
    try:
        return process.run(command, env=dict(os.environ))
    except exception.OperationFailed:
        return ''  # no pip yet: it has nothing configured


def _resolved(host: str) -> Iterator[str]:
    try:
        found = socket.getaddrinfo(host, None, family=socket.AF_INET)
    except OSError:
        return  # no name service: nothing of it is in use
    for entry in found:
        yield str(entry[4][0])


def _gateway(address: str) -> tuple[str, str] | None:
    """Tell through whom an address is reached, ``None`` if on a link."""
    try:
        text = process.run(['ip', '-json', 'route', 'get', address])
    except exception.OperationFailed:
        return None  # unreachable: there is no way to keep
    (route,) = json.loads(text)
    if 'gateway' not in route:
        return None
    return route['gateway'], route['dev']
