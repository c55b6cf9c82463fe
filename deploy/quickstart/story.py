"""The main job: a memcached server that answers on a floating address."""

import socket
from typing import Any

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import process
from deploy.quickstart import seed

_BOOT_TIMEOUT_S = 180
_ANSWER_TIMEOUT_S = 60
_END = (b'END\r\n', b'STORED\r\n', b'ERROR\r\n')


def boot(demo: Any) -> Any:
    """Boot the server, start it if it is stopped, and wait for it.

    One that an earlier ``up`` left in ERROR is booted anew.

    :raises OperationFailed: it is in ERROR, with the fault's sentence
    """
    compute = demo.compute
    server = compute.find_server(constants.MEMCACHED)
    if server and compute.get_server(server.id).status == 'ERROR':
        compute.delete_server(server.id)
        compute.wait_for_delete(server)
        server = None
    if server is None:
        server = _create(demo)
    elif compute.get_server(server.id).status == 'SHUTOFF':
        compute.start_server(server.id)
    process.wait_until(
        lambda: _is_active(compute.get_server(server.id)),
        _BOOT_TIMEOUT_S,
        'server memcached becomes ACTIVE',
    )
    return compute.get_server(server.id)


def _create(demo: Any) -> Any:
    compute = demo.compute
    return compute.create_server(
        name=constants.MEMCACHED,
        image_id=seed.find_image(demo).id,
        flavor_id=compute.find_flavor('m1.tiny').id,
        networks=[{'uuid': demo.network.find_network('private').id}],
        security_groups=[{'name': constants.MEMCACHED}],
    )


def _is_active(server: Any) -> bool:
    if server.status == 'ERROR':
        fault = (server.fault or {}).get('message', 'no fault is recorded')
        raise exception.OperationFailed(
            f'server {server.name} is in ERROR: {fault}'
        )
    return bool(server.status == 'ACTIVE')


def floating_ip(demo: Any, server: Any) -> str:
    """Give the server's floating address; the first time, make it."""
    network = demo.network
    port = next(network.ports(device_id=server.id))
    address = next(network.ips(port_id=port.id), None)
    if address is None:
        address = network.create_ip(
            floating_network_id=network.find_network('public').id,
            port_id=port.id,
        )
    return str(address.floating_ip_address)


def converse(address: str) -> str:
    """Speak memcached's protocol: set, get, stats.

    :returns: the version that the server names
    """
    process.wait_until(
        lambda: _answers(address),
        _ANSWER_TIMEOUT_S,
        f'memcached answers on {address}',
    )
    with _connect(address) as link:
        stored = _ask(link, b'set quickstart 0 0 5\r\nhello\r\n')
        read = _ask(link, b'get quickstart\r\n')
        stats = _ask(link, b'stats\r\n')
    if stored != b'STORED\r\n' or b'\r\nhello\r\n' not in read:
        raise exception.OperationFailed(
            f'memcached on {address} does not return what it was given: '
            f'{stored!r}, {read!r}'
        )
    return version(stats)


def version(stats: bytes) -> str:
    """Read the version from the answer to ``stats``."""
    for line in stats.decode().splitlines():
        words = line.split()
        if words[:2] == ['STAT', 'version']:
            return words[2]
    raise exception.OperationFailed(f'no version in {stats[:200]!r}')


def _answers(address: str) -> bool:
    try:
        with _connect(address) as link:
            return b'VERSION' in _ask(link, b'version\r\n', (b'\r\n',))
    except OSError:
        return False


def _connect(address: str) -> socket.socket:
    return socket.create_connection(
        (address, constants.MEMCACHED_PORT), timeout=3
    )


def _ask(
    link: socket.socket, words: bytes, ends: tuple[bytes, ...] = _END
) -> bytes:
    link.sendall(words)
    answer = b''
    while not answer.endswith(ends):
        received = link.recv(65536)
        if not received:
            raise exception.OperationFailed('memcached hung up.')
        answer += received
    return answer
