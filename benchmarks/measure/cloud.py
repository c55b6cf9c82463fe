"""Servers through the public APIs, timed as their user waits for them."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
from typing import Any
import uuid

import openstack

IMAGE = 'memcached:latest'
NETWORK = 'private'
PORT = 11211
POLL_S = 0.05
# What an image has that goes to docker hosts.
DOCKER = {
    'container_format': 'docker',
    'img_hv_type': 'docker',
    'trait:CUSTOM_NOVA_DOCKER': 'required',
}
_DEADLINE_S = 300.0
_QUICKSTART = pathlib.Path(__file__).resolve().parents[2] / 'tools/quickstart'


def home() -> pathlib.Path:
    """Give the folder of the cloud."""
    return pathlib.Path(os.environ['NOVA_DOCKER_HOME'])


def quickstart(*words: str) -> str:
    """Run the quickstart; what it says is shown if it fails."""
    environ = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    done = subprocess.run(
        [str(_QUICKSTART), *words],
        check=False,
        capture_output=True,
        text=True,
        env=environ,
    )
    if done.returncode:
        sys.exit(f'quickstart {" ".join(words)}: {done.stdout}{done.stderr}')
    return done.stdout


def service_pid(name: str) -> int:
    """Give the pid of a service, which leads its workers."""
    services = json.loads(quickstart('status', '--json'))
    return next(int(it['pid']) for it in services if it['name'] == name)


class Cloud:
    """The cloud as its administrator uses it."""

    def __init__(self) -> None:
        self.api = openstack.connect(compute_default_microversion='2.90')
        compute, network = self.api.compute, self.api.network
        self.flavor_id = compute.find_flavor('m1.nano').id
        self.network_id = network.find_network(NETWORK).id

    def image_id(self, name: str = IMAGE) -> str:
        """Find an image; Glance takes the name's colon for an operator."""
        images = self.api.image.images()
        return next(each.id for each in images if each.name == name)

    @contextlib.contextmanager
    def image(self, data: bytes, **properties: Any) -> Iterator[str]:
        """Have an image in Glance's own store for a while."""
        found = self.api.image.create_image(
            name=f'bench-{uuid.uuid4().hex[:8]}',
            disk_format='raw',
            **properties,
        )
        try:
            done = self.api.image.put(
                f'/images/{found.id}/file',
                data=data,
                headers={
                    'Content-Type': 'application/octet-stream',
                    'X-Image-Meta-Store': 'file',
                },
            )
            openstack.exceptions.raise_from_response(done)
            yield found.id
        finally:
            self.api.image.delete_image(found.id)

    @contextlib.contextmanager
    def open_group(self) -> Iterator[str]:
        """Have a security group that lets clients and pings in."""
        network = self.api.network
        group = network.create_security_group(name=f'bench-{uuid.uuid4()}')
        try:
            for protocol in ('tcp', 'icmp'):
                network.create_security_group_rule(
                    security_group_id=group.id,
                    direction='ingress',
                    protocol=protocol,
                )
            yield group.name
        finally:
            network.delete_security_group(group.id)

    def create(self, image_id: str, **more: Any) -> Any:
        """Ask for a server."""
        return self.api.compute.create_server(
            **{
                'name': f'bench-{uuid.uuid4().hex[:8]}',
                'image_id': image_id,
                'flavor_id': self.flavor_id,
                'networks': [{'uuid': self.network_id}],
                **more,
            }
        )

    def wait_ready(
        self, server: Any, *, status: str = 'ACTIVE', quiet_s: float = 0.0
    ) -> Any:
        """Wait until a server has a status and nothing is under way.

        :param quiet_s: how long not to ask, since the question costs the
            cloud what it is asked for; less than what is waited for takes
        """
        time.sleep(quiet_s)
        return wait(lambda: self._ready(server, status))

    def delete(self, *servers: Any) -> None:
        """Delete servers and see them gone."""
        compute = self.api.compute
        for server in servers:
            compute.delete_server(server.id, ignore_missing=True)
        for server in servers:
            wait(lambda it=server: compute.find_server(it.id) is None)

    def _ready(self, server: Any, status: str) -> Any:
        found = self.api.compute.get_server(server.id)
        if found.status == 'ERROR':
            sys.exit(f'{found.name} is in ERROR: {found.fault}')
        if found.task_state is not None:
            return None
        if found.status == 'ACTIVE' != status:
            sys.exit(f'{found.name} is as before: see nova-compute.log')
        return found if found.status == status else None


def address(server: Any) -> str:
    """Give the address of a server on its one network."""
    return str(server.addresses[NETWORK][0]['addr'])


def wait(predicate: Callable[[], Any]) -> Any:
    """Wait for what comes in its own time; give what was waited for."""
    deadline = time.monotonic() + _DEADLINE_S
    while not (found := predicate()):
        if time.monotonic() > deadline:
            sys.exit(f'nothing happened within {_DEADLINE_S:.0f} s')
        time.sleep(POLL_S)
    return found
