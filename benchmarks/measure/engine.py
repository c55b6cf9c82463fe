"""A second engine beside the tenants': what ``docker run`` costs here.

The tenants' engine has no bridge, so that a plain ``docker run`` needs
another one. It has a network namespace of its own: its bridge and its
firewall rules never meet the cloud's.
"""

from collections.abc import Iterator
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

_DEADLINE_S = 60.0
_NO_NETWORK = '--bridge=none --iptables=false --ip-forward=false'
_DOCKERD = """
ip link set lo up
exec dockerd --host=unix://{folder}/docker.sock --data-root={data} \
    --exec-root={folder}/exec --pidfile={folder}/pid \
    --storage-driver=overlay2 --log-level=warn {network} >{folder}/log 2>&1
"""


class Engine:
    """Debian's dockerd with its default bridge."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.host = f'unix://{folder}/docker.sock'

    def docker(self, *words: str, stdin: str = '') -> str:
        """Run Debian's docker client; give what it says."""
        done = subprocess.run(
            ['/usr/bin/docker', '--host', self.host, *words],
            check=True,
            capture_output=True,
            text=True,
            input=stdin,
        )
        return done.stdout.strip()

    def is_up(self) -> bool:
        try:
            self.docker('version')
        except subprocess.CalledProcessError:
            return False
        return True


@contextlib.contextmanager
def running(
    data: pathlib.Path, *, has_bridge: bool = True
) -> Iterator[Engine]:
    """Run an engine whose images lie in a folder beside the tenants'.

    :param data: is made, and removed at the end
    :param has_bridge: without one it is in the machine's own network, where
        it reaches a registry, and its containers have none
    """
    folder = pathlib.Path(tempfile.mkdtemp(prefix='bench-engine-'))
    network = '' if has_bridge else _NO_NETWORK
    script = _DOCKERD.format(folder=folder, data=data, network=network)
    alone = ['unshare', '--net'] if has_bridge else []
    # dockerd's client reads DOCKER_HOST, which is the tenants'.
    environ = {k: v for k, v in os.environ.items() if k != 'DOCKER_HOST'}
    process = subprocess.Popen([*alone, 'sh', '-c', script], env=environ)
    engine = Engine(folder)
    try:
        deadline = time.monotonic() + _DEADLINE_S
        while not engine.is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / 'log').read_text()[-2000:]
                raise RuntimeError(f'dockerd does not start: {log}')
            time.sleep(0.1)
        yield engine
    finally:
        process.terminate()
        process.wait(_DEADLINE_S)
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def _unmount(folder: pathlib.Path) -> None:
    table = pathlib.Path('/proc/self/mountinfo').read_text()
    points = [line.split()[4] for line in table.splitlines()]
    for point in sorted(points, reverse=True):
        if point.startswith(f'{folder}/'):
            subprocess.run(['umount', '--lazy', point], check=True)
