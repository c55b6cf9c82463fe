#!/usr/bin/python3 -IS
"""nova-runtime: starts a container in the namespace that Nova prepared.

The engine runs this file in the place of runc for containers of ours. On
``create`` it looks the container's id up in a folder that only root can
write, checks what it finds there, and puts the namespace's path into the OCI
bundle; for a rescue, also the root of the server that is rescued; and the
volumes of the server. Everything else goes to runc untouched.

It must not do more, for its cost is part of every start, exec and delete:
standard library only, and of that what is cheap. It never consults the
environment, which an image can set. It refuses whenever it is in doubt: a
container outside its namespace would run without its security groups.

:source: OCI runtime specification 1.0, config-linux, "Namespaces"
"""

import _signal  # type: ignore[import-not-found]  # signal costs enum, too
import os
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from typing import NoReturn

_MAP_DIR = '/run/nova-docker/netns'
_RUNCS = ('/usr/bin/runc', '/usr/sbin/runc')
_NETNS_PREFIX = '/run/netns/nova-'
# Where a rescue finds the root of its server.
_RESCUE_DIR = '/rescue'
_OVERLAY_INDEX = '/sys/module/overlay/parameters/index'
# Of mount(2): a page, with the zero at its end.
_MAX_OPTIONS_BYTES = 4095
_HEX = '0123456789abcdef'
# Options with which the file system of a volume is mounted. An ext4 may have
# been told (tune2fs -e) that the kernel shall panic at an error of it. A
# volume made of a snapshot has the uuid of the original.
_FILESYSTEMS = {'ext4': ['errors=remount-ro'], 'xfs': ['nouuid']}
# Longer than any entry of ours (novadocker.privsep.runtime_map).
_MAX_ENTRY_BYTES = 16384
# They would start a container without passing through create.
_REFUSED = ('run', 'restore')

# The options that take a value, and those that take none: runc(8),
# runc-create(8), crun(1).
_GLOBAL = (
    ('log', 'log-format', 'root', 'criu', 'rootless', 'cgroup-manager'),
    ('debug', 'systemd-cgroup', 'help', 'h', 'version', 'v'),
)
_CREATE = (
    ('bundle', 'b', 'console-socket', 'pid-file', 'preserve-fds'),
    ('no-pivot', 'no-new-keyring'),
)


class Refused(Exception):
    """The container must not start; the message is for its user."""


def main(words: list[str]) -> 'NoReturn':
    """Become runc, or say why not and exit with 1."""
    log = ''
    try:
        own, words = take_own(words)
        options, rest = split(words, *_GLOBAL)
        log = options.get('log', '')
        if options.get('?') and {'create', *_REFUSED} & {*rest}:
            raise Refused(f'option {options["?"]} of runc is not known')
        if rest and rest[0] in _REFUSED:
            raise Refused(f'"{rest[0]}" is not used by Docker')
        if rest and rest[0] == 'create':
            prepare(rest[1:], own.get('--nova-map-dir', _MAP_DIR))
        become(own.get('--nova-runc') or find_runc(), words)
    except Exception as err:  # the outermost door: it stays shut
        report(f'nova-runtime: {reason(err)}', log)
    sys.exit(1)


def take_own(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Take the options that daemon.json puts in front of runc's."""
    own = {}
    while words and words[0].startswith('--nova-'):
        name, _, value = words[0].partition('=')
        if name not in ('--nova-map-dir', '--nova-runc') or not value:
            raise Refused(f'{words[0]} in daemon.json is not known')
        own[name] = value
        words = words[1:]
    return own, words


def split(
    words: list[str], valued: tuple[str, ...], flags: tuple[str, ...]
) -> tuple[dict[str, str], list[str]]:
    """Read options up to the first word that is none, as Go's flag does.

    :returns: options and what follows; ``?`` is one that is not known, which
        may or may not have taken the next word
    """
    options = {}
    while words and words[0].startswith('-'):
        name, is_joined, value = words[0].lstrip('-').partition('=')
        if name in valued and not is_joined:
            value, words = words[1], words[1:]
        elif name not in valued and name not in flags:
            name, value = '?', words[0]
        options[name] = value
        words = words[1:]
    return options, words


def prepare(words: list[str], map_dir: str) -> None:
    """Put a container's namespace into its bundle."""
    options, names = split(words, *_CREATE)
    if options.get('?'):
        raise Refused(f'option {options["?"]} of "create" is not known')
    if len(names) != 1 or len(names[0]) != 64 or names[0].strip(_HEX):
        raise Refused(f'{names} is not the id of one container')
    netns, rescued, volumes = read_entry(map_dir, names[0])
    check_netns(netns)
    for each in volumes:
        check_device(each['source'])
    bundle = options.get('bundle') or options.get('b') or '.'
    rewrite(os.path.join(bundle, 'config.json'), netns, rescued, volumes)


def read_entry(
    map_dir: str, container_id: str
) -> 'tuple[str, str, list[dict[str, Any]]]':
    """Read which namespace Nova has prepared for a container.

    :returns: its path, the id of the container to rescue, if any, and the
        mounts of volumes
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        folder = os.open(map_dir, flags | os.O_DIRECTORY)
        status = os.fstat(folder)
        if status.st_uid != 0 or stat.S_IMODE(status.st_mode) != 0o700:
            raise Refused(f'{map_dir} is not owned by root with mode 0700')
        entry = os.open(container_id, flags, dir_fd=folder)
    except OSError as err:
        raise Refused(
            f'no network namespace is prepared in {map_dir} for this '
            f'container ({type(err).__name__}); stop and start the server'
        ) from err
    status = os.fstat(entry)
    others_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISREG(status.st_mode) or status.st_uid or others_write:
        raise Refused(f'{map_dir}/{container_id} is no file of root alone')
    text = os.read(entry, _MAX_ENTRY_BYTES).decode('ascii', 'replace')
    line, *others = text.removesuffix('\n').split('\n')
    version, _, path = line.partition(' ')
    rescued = ''
    if version == 'v2':
        path, _, rescued = path.partition(' ')
        if len(rescued) != 64 or rescued.strip(_HEX):
            raise Refused(f'{map_dir}/{container_id} rescues no container')
    elif version != 'v1':
        raise Refused(f'{map_dir}/{container_id} is of no version known here')
    uuid = path.removeprefix(_NETNS_PREFIX)
    is_uuid = [len(part) for part in uuid.split('-')] == [8, 4, 4, 4, 12]
    if uuid == path or not is_uuid or uuid.strip(_HEX + '-'):
        raise Refused(f'{map_dir}/{container_id} names no namespace of Nova')
    return path, rescued, [volume_mount(each) for each in others]


def volume_mount(line: str) -> 'dict[str, Any]':
    """Describe the mount of a volume: ``volume rw ext4 DEVICE TARGET``.

    The kernel mounts it inside of the container alone and takes it away with
    that. What is on it is the tenant's: no device and no program of it has
    any power.
    """
    words = line.split(' ')
    if (
        len(words) != 5
        or words[0] != 'volume'
        or words[1] not in ('rw', 'ro')
        or words[2] not in _FILESYSTEMS
        or not words[3].startswith('/dev/')
        or not words[4].startswith('/')
    ):
        raise Refused('the map entry has a volume that is not known here')
    _, mode, kind, device, target = words
    return {
        'destination': target,
        'type': kind,
        'source': device,
        'options': ['nosuid', 'nodev', mode, *_FILESYSTEMS[kind]],
    }


def check_device(path: str) -> None:
    """See that nobody has the device of a volume.

    NOTE: the kernel would answer with what is mounted of it already, be it
    the root of the host.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK)
        is_device = stat.S_ISBLK(os.fstat(fd).st_mode)
        os.close(fd)
    except OSError as err:
        raise Refused(
            f'volume device {path} is missing or in use '
            f'({type(err).__name__}, {err.errno})'
        ) from err
    if not is_device:
        raise Refused(f'{path} is not the device of a volume')


def check_netns(path: str) -> None:
    """See that a path is a pinned namespace, and not the host's own."""
    try:
        found = os.lstat(path)
    except OSError as err:
        raise Refused(
            f'network namespace {path} is missing ({type(err).__name__}); '
            'stop and start the server'
        ) from err
    own = [os.stat('/proc/self/ns/net')]
    try:  # noqa: SIM105  # contextlib costs more than this does
        # Where dockerd has a namespace of its own, the host's is init's.
        own.append(os.stat('/proc/1/ns/net'))
    except PermissionError:
        pass  # Init has a capability that dockerd was not given.
    # The kernel keeps all namespaces on one device, nsfs.
    if found.st_dev != own[0].st_dev:
        raise Refused(f'{path} is not a network namespace')
    if found.st_ino in [each.st_ino for each in own]:
        raise Refused(f"{path} is the host's own network namespace")


def rewrite(
    path: str,
    netns: str,
    rescued: str = '',
    volumes: 'list[dict[str, Any]] | None' = None,
) -> None:
    """Put namespace, root to rescue and volumes into a bundle's config.json.

    Volumes come last: one may lie on what the engine itself mounts there.
    """
    import json  # Not above: only a create pays for it.

    with open(path, encoding='utf-8') as file:
        config = json.load(file)
        status = os.fstat(file.fileno())
    set_netns(config, netns)
    if rescued:
        name = f'/nova-{netns.removeprefix(_NETNS_PREFIX)}'
        root = root_mount(config['root']['path'], rescued, name)
        config['mounts'].append(root)
    if volumes:
        config['mounts'] += volumes
    temporary = f'{path}.nova'
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with open(os.open(temporary, flags, 0o600), 'w', encoding='utf-8') as file:
        try:
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            file.write(json.dumps(config))
            file.flush()
            os.rename(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def set_netns(config: 'dict[str, Any]', netns: str) -> None:
    """Point the one network namespace of an OCI configuration at a path."""
    namespaces = config.get('linux', {}).get('namespaces', [])
    network = [each for each in namespaces if each.get('type') == 'network']
    if len(network) != 1 or network[0].get('path'):
        raise Refused(
            'the container has asked the engine for a network: it has to be '
            'created with NetworkDisabled'
        )
    network[0]['path'] = netns


def root_mount(root: str, rescued: str, name: str) -> 'dict[str, Any]':
    """Describe the mount of the root of a stopped container.

    Every path is found below the engine's own folder, from the container's
    id; nothing else is believed of who asks. The kernel mounts it inside of
    the rescuing container alone and takes it away with that.

    :param root: of the container that is created, in the same engine
    :param name: what the stopped one has to be called
    :source: moby, layer/filestore.go, daemon/graphdriver/overlay2
    """
    import json

    graph, _, rest = root.rpartition('/overlay2/')
    if not graph or not rest.endswith('/merged') or {*graph} & {*',:\\'}:
        raise Refused(f'the engine keeps no root that can be mounted: {root}')
    known = f'{graph}/image/overlay2/layerdb/mounts/{rescued}/mount-id'
    with open(f'{graph}/containers/{rescued}/config.v2.json') as file:
        found = json.load(file)
    with open(known) as file:
        layer = f'{graph}/overlay2/{file.read().strip()}'
    if found['Name'] != name:
        raise Refused(f'{rescued[:12]} is not the container {name}')
    if os.path.ismount(f'{layer}/merged'):
        raise Refused(f'the root of container {name} is still in use')
    with open(f'{layer}/lower') as file:
        lower = [f'{graph}/overlay2/{each}' for each in file.read().split(':')]
    options = [
        f'lowerdir={":".join(lower)}',
        f'upperdir={layer}/diff',
        f'workdir={layer}/work',
        # As the engine has it: its own mounts are without an index, too.
        *(['index=off'] if os.path.exists(_OVERLAY_INDEX) else []),
    ]
    if len(','.join(options)) > _MAX_OPTIONS_BYTES:
        raise Refused(f'its image has too many layers ({len(lower)})')
    return {
        'destination': _RESCUE_DIR,
        'type': 'overlay',
        'source': 'overlay',
        'options': options,
    }


def find_runc() -> str:
    """Find runc where distributions install it."""
    for path in _RUNCS:
        if os.access(path, os.X_OK):
            return path
    raise Refused(f'there is no runc at {" or ".join(_RUNCS)}')


def become(runc: str, words: list[str]) -> 'NoReturn':
    # Python ignores these two, and what is ignored stays so across exec.
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    try:
        os.execv(runc, [runc, *words])  # noqa: S606
    except OSError as err:
        raise Refused(f'{runc} cannot be run ({type(err).__name__})') from err


def reason(err: Exception) -> str:
    """Say why, without the words by which dockerd judges what runc says.

    NOTE: dockerd looks for "no such file or directory" and "permission
    denied" in it and takes them for a fault of the container's command
    (translateContainerdStartErr in daemon/errors.go, 20.10 to 26.1).
    """
    if isinstance(err, OSError):
        return f'{type(err).__name__} at {err.filename}'
    return str(err) if isinstance(err, Refused) else repr(err)


def report(message: str, log: str) -> None:
    """Say why, where runc would: the engine shows its log, not stderr."""
    import json

    sys.stderr.write(message + '\n')
    now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
    line = json.dumps({'level': 'error', 'msg': message, 'time': now})
    if log:
        with open(log, 'a', encoding='utf-8') as file:
            file.write(line + '\n')


if __name__ == '__main__':
    main(sys.argv[1:])
