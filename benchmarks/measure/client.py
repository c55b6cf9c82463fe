"""A client on the tenants' network, in the namespace of its DHCP server."""

from collections.abc import Iterator
import contextlib
import subprocess
import sys

# Reads an address, answers with the seconds until memcached said a word.
_CLIENT = """
import socket, sys, time
for line in sys.stdin:
    began = time.monotonic()
    while True:
        try:
            with socket.create_connection((line.strip(), 11211), 1) as peer:
                peer.sendall(b'version\\r\\n')
                if peer.recv(1):
                    break
        except OSError:
            time.sleep(0.005)
    print(time.monotonic() - began, flush=True)
"""


class Client:
    """Speaks to servers by their fixed addresses."""

    def __init__(self, process: 'subprocess.Popen[str]') -> None:
        self._process = process

    def first_byte_s(self, address: str) -> float:
        """Wait for the first byte of a server; give the seconds it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(address + '\n')
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[Client]:
    """Run a client in a network namespace."""
    with subprocess.Popen(
        ['ip', 'netns', 'exec', namespace, sys.executable, '-c', _CLIENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Client(process)
        finally:
            process.terminate()
