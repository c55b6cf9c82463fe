"""Find what no living server owns: the proof that deleting deletes.

``gather`` looks, ``judge`` decides. Nothing is removed here.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import json
import os
import pathlib
import re
import time
from typing import Any

from deploy.quickstart import cloud
from deploy.quickstart import constants
from deploy.quickstart import database
from deploy.quickstart import engine
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import volume

_UUID = r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
_CONTAINER = re.compile(rf'nova-({_UUID})(?:-rescue|-resize)?')
_IMAGE = re.compile(rf'nova-image/({_UUID}):')
_MOVED = re.compile(rf'nova-moved/({_UUID}):')
_PIN = re.compile(rf':g-({_UUID})(?:-[0-9]+)?$')
# Nova removes an image that was not used for a day, and looks every 40 min
# (nova.conf, [image_cache]).
_CACHED_S = 24 * 3600 + 2 * 2400
# What Neutron's agents serve a network or a router from.
_AGENT = re.compile(rf'(?:ovnmeta|qdhcp|qrouter)-({_UUID})')
# Devices are named by the first letters of their Neutron port.
_DEVICE = re.compile(r'(?:tap|qvo|qvb|qbr|nvc)([0-9a-f]{8}-[0-9a-f]{2})')
# Files of Cinder's back end, by volume or by snapshot.
_DISK = re.compile(rf'(?:volume|snapshot)-({_UUID})')


@dataclasses.dataclass(frozen=True)
class Living:
    """What the cloud says exists."""

    servers: frozenset[str] = frozenset()
    ports: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    routers: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Found:
    """What is there, by kind; see ``gather`` for what each is."""

    containers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    images: tuple[str, ...] = ()
    cached: frozenset[str] = frozenset()
    namespaces: tuple[str, ...] = ()
    agent_namespaces: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    switch_ports: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    map_entries: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    server_ports: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tags: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    loops: Mapping[str, str] = dataclasses.field(default_factory=dict)
    attached: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Sight:
    """What a kernel shows to one host."""

    namespaces: list[str]
    devices: list[str]
    map_entries: list[str]
    mountinfo: str


def find(home: home_module.Home, state: home_module.State) -> list[str]:
    """List what leaked, one line each; on a node it begins with its name."""
    with cloud.errors():
        admin = cloud.connect(home_module.load_secrets(home))
        volumes = volume.alive(admin) if state.volumes else frozenset()
        if state.network == constants.IMAGES_ONLY:
            alive = Living(images=images(admin), volumes=volumes)
            return [
                *judge(registered(home), alive),
                *judge(stored(home), alive),
            ]
        alive = dataclasses.replace(living(admin), volumes=volumes)
        known = database.instance_uuids(home)
        lines = [
            *judge(gather(home, here(), known), alive),
            *judge(kept(admin), alive),
            *judge(registered(home), alive),
            *judge(stored(home), alive),
        ]
        if state.volumes:
            attached = Found(attached=tuple(volume.attachments(admin)))
            lines += judge(attached, alive)
        for each in state.nodes:
            inside = home.of_node(each.name)
            found = gather(inside, there(inside), known, each.driver)
            lines += [f'{each.name}: {line}' for line in judge(found, alive)]
    return lines


def living(admin: Any) -> Living:
    """Ask the cloud what exists."""
    return Living(
        servers=frozenset(
            server.id
            for server in admin.compute.servers(
                details=False, all_projects=True
            )
        ),
        ports=frozenset(port.id for port in admin.network.ports()),
        networks=frozenset(net.id for net in admin.network.networks()),
        routers=frozenset(router.id for router in admin.network.routers()),
        images=images(admin),
    )


def images(admin: Any) -> frozenset[str]:
    """List all images, also those that a tag has left."""
    return frozenset(
        image.id
        for is_hidden in (False, True)
        for image in admin.image.images(is_hidden=is_hidden)
    )


def here() -> Sight:
    """Look around on the machine itself."""
    map_dir = pathlib.Path(constants.RUNTIME_MAP_DIR)
    return Sight(
        namespaces=network.namespaces(),
        devices=os.listdir('/sys/class/net'),
        map_entries=os.listdir(map_dir) if map_dir.exists() else [],
        mountinfo=pathlib.Path('/proc/self/mountinfo').read_text(),
    )


def there(inside: home_module.Home) -> Sight:
    """Look around on a node."""
    return Sight(
        namespaces=node.inside_names(inside, constants.NETNS_DIR),
        devices=node.inside_names(inside, '/sys/class/net'),
        map_entries=node.inside_names(inside, constants.RUNTIME_MAP_DIR),
        mountinfo=node.inside_mounts(inside),
    )


def gather(
    home: home_module.Home,
    sight: Sight,
    known: set[str],
    driver: str = 'docker',
) -> Found:
    """Complete what one host shows with its engine, switch and folders."""
    has_engine = driver == 'docker'
    containers = engine.containers(home) if has_engine else []
    return Found(
        containers={it['id']: it['name'] for it in containers},
        images=tuple(engine.images(home)) if has_engine else (),
        cached=_cached(home),
        namespaces=_ours(sight.namespaces, known),
        agent_namespaces=tuple(filter(_AGENT.fullmatch, sight.namespaces)),
        devices=tuple(sight.devices),
        switch_ports=_switch_ports(home),
        mounts=_ours(_last_parts(sight.mountinfo), known),
        map_entries=tuple(sight.map_entries),
        folders=tuple(os.listdir(home.data / 'nova/instances')),
    )


def kept(admin: Any) -> Found:
    """Ask what the APIs keep for servers, on whichever host."""
    return Found(
        consumers=tuple(_consumers(admin)),
        server_ports={
            port.id: port.device_id
            for port in admin.network.ports()
            if (port.device_owner or '').startswith('compute:')
        },
    )


def registered(home: home_module.Home) -> Found:
    """List the tags of the registry, as ``repository:tag``."""
    root = home.data / 'registry/docker/registry/v2/repositories'
    return Found(
        tags=tuple(
            f'{folder.relative_to(root).parents[2]}:{folder.name}'
            for folder in root.glob('**/_manifests/tags/*')
        )
    )


def stored(home: home_module.Home) -> Found:
    """List what Cinder's back end has made of volumes and snapshots."""
    return Found(
        disks=tuple(volume.disks(home).names()), loops=volume.connected(home)
    )


def judge(found: Found, alive: Living) -> Iterator[str]:
    """Say of each thing why nobody owns it; be silent about the rest."""
    servers = alive.servers
    yield from _named('container', found.containers.values(), servers)
    yield from _named('netns', found.namespaces, servers)
    yield from _of_agents(found.agent_namespaces, alive)
    yield from _named('mount', found.mounts, servers)
    yield from _images(found.images, alive.images | found.cached)
    for name in found.images:
        match = _MOVED.match(name)
        if match and match[1] not in servers:
            yield f'image {name}: no such server'
    yield from _of_ports('device', found.devices, alive)
    yield from _of_ports('OVS port', found.switch_ports, alive)
    for entry in found.map_entries:
        if entry not in found.containers:
            yield f'map entry {entry}: no such container'
    folders = [name for name in found.folders if re.fullmatch(_UUID, name)]
    yield from _of_servers('instance folder', folders, servers)
    yield from _of_servers('allocation', found.consumers, servers)
    for port, server in found.server_ports.items():
        if server not in servers:
            yield f'Neutron port {port}: no such server {server}'
    yield from _pins(found.tags, alive.images)
    yield from _disks(found, alive.volumes)
    for volume_id, server in found.attached:
        if server not in servers:
            yield f'volume {volume_id}: attached to no such server {server}'


def _disks(found: Found, volumes: frozenset[str]) -> Iterator[str]:
    things = [(f'file {name}', name) for name in found.disks]
    things += [
        (f'loop device {device} of {name}', name)
        for name, device in found.loops.items()
    ]
    for thing, name in things:
        match = _DISK.fullmatch(name)
        if match and match[1] not in volumes:
            yield f'{thing}: no such volume or snapshot'


def _pins(tags: Iterable[str], images: frozenset[str]) -> Iterator[str]:
    """A pin keeps the data of an image from the registry's collector."""
    for name in tags:
        match = _PIN.search(name)
        if match and match[1] not in images:
            yield f'tag {name}: no such image'


def _images(names: Iterable[str], known: frozenset[str]) -> Iterator[str]:
    for name in names:
        match = _IMAGE.match(name)
        is_gone = match is not None and match[1] not in known
        if is_gone or name.startswith('<none>'):
            yield f'image {name}: neither in Glance nor in the cache'
        elif name.startswith('nova-snapshot/'):
            yield f'image {name}: a snapshot that is in Glance or failed'


def _cached(home: home_module.Home) -> frozenset[str]:
    """List the images that Nova's cache keeps for the next boot.

    One that should be gone by now is not among them.
    """
    folder = home.data / 'nova/instances/docker-images/used'
    if not folder.exists():
        return frozenset()
    since_s = time.time() - _CACHED_S
    return frozenset(
        path.name
        for path in folder.iterdir()
        if path.stat().st_mtime > since_s
    )


def _of_servers(
    kind: str, uuids: Iterable[str], servers: frozenset[str]
) -> Iterator[str]:
    for uuid in uuids:
        if uuid not in servers:
            yield f'{kind} {uuid}: no such server'


def _named(
    kind: str, names: Iterable[str], servers: frozenset[str]
) -> Iterator[str]:
    for name in names:
        match = _CONTAINER.fullmatch(name)
        if match and match[1] not in servers:
            yield f'{kind} {name}: no such server'


def _of_agents(names: Iterable[str], alive: Living) -> Iterator[str]:
    for name in names:
        match = _AGENT.fullmatch(name)
        if match and match[1] not in alive.networks | alive.routers:
            yield f'netns {name}: no such network or router'


def _of_ports(kind: str, names: Iterable[str], alive: Living) -> Iterator[str]:
    ports = {port[:11] for port in alive.ports}
    # OVN's metadata agent names its devices by network, and puts a 0 or 1
    # in the place of the last letter.
    networks = {network_id[:10] for network_id in alive.networks}
    for name in names:
        match = _DEVICE.fullmatch(name)
        if match and match[1] not in ports and match[1][:10] not in networks:
            yield f'{kind} {name}: no such Neutron port'


def _ours(names: Iterable[str], known: set[str]) -> tuple[str, ...]:
    """Keep the names of instances that this cloud has or had."""
    return tuple(
        name
        for name in names
        if (match := _CONTAINER.fullmatch(name)) and match[1] in known
    )


def _last_parts(mountinfo: str) -> list[str]:
    """Name each mount by its last part, once: propagation repeats them."""
    points = [line.split()[4] for line in mountinfo.splitlines()]
    return sorted({point.rpartition('/')[2] for point in points})


def _switch_ports(home: home_module.Home) -> tuple[str, ...]:
    answer = network.vsctl(
        home, '--format=json', '--columns=name', 'list', 'Interface'
    )
    return tuple(row[0] for row in json.loads(answer)['data'])


def _consumers(admin: Any) -> Iterator[str]:
    """List who has allocations on any resource provider."""
    for provider in admin.placement.resource_providers():
        answer = admin.placement.get(
            f'/resource_providers/{provider.id}/allocations'
        )
        yield from answer.json()['allocations']
