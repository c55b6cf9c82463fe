"""The dedicated Docker engine: how to speak to it, how to empty it."""

import contextlib
import json
import os
import pathlib
import shutil

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

_CGROUP = 'novadocker.slice'
_SCRIPT = 'from novadocker.runtime import install; install.install({path!r})'


def environment(home: home_module.Home) -> dict[str, str]:
    """Make the environment in which ``docker`` means our engine."""
    return process.environment(home) | {
        'DOCKER_HOST': f'unix://{home.docker_socket}'
    }


def docker(home: home_module.Home, *words: str, stdin: str = '') -> str:
    """Run Debian's docker client against our engine."""
    return process.run(
        ['/usr/bin/docker', *words], env=environment(home), stdin=stdin
    )


def install_runtime(home: home_module.Home) -> None:
    """Put the runtime wrapper where daemon.json says it is.

    It comes out of the installed wheel, so that wrapper and driver are of
    one version.
    """
    process.run(
        [home.bin / 'python', '-c', _SCRIPT.format(path=str(home.runtime))],
        env=process.environment(home),
    )


def containers(home: home_module.Home) -> list[dict[str, str]]:
    """List id, name and state of every container of the engine."""
    answer = docker(
        home,
        *['ps', '--all', '--no-trunc', '--format'],
        '{"id":"{{.ID}}","name":"{{.Names}}","state":"{{.State}}"}',
    )
    return [json.loads(line) for line in answer.splitlines()]


def images(home: home_module.Home) -> list[str]:
    """List ``repository:tag`` of every image of the engine."""
    answer = docker(home, 'images', '--format', '{{.Repository}}:{{.Tag}}')
    return answer.splitlines()


def kill_all(home: home_module.Home) -> None:
    """Kill what runs; an engine that is down runs nothing we could ask for."""
    try:
        running = docker(home, 'ps', '--quiet', '--no-trunc').split()
        if running:
            docker(home, 'kill', *running)
    except exception.OperationFailed:
        return


def cgroup_parent() -> str:
    """Name the cgroup below which all of our containers are.

    systemd wants a slice by its name; where Docker makes cgroups itself, a
    path that is not absolute is meant from its own cgroup.
    """
    is_systemd = pathlib.Path('/run/systemd/system').exists()
    return _CGROUP if is_systemd else f'/{_CGROUP}'


def end_containers(
    root: pathlib.Path = pathlib.Path('/sys/fs/cgroup'),
) -> None:
    """End containers whose engine was killed, and remove their cgroups.

    A container outlives its shim and bears no mark of ours, and its cgroup
    outlives its container.
    """
    folders = [
        pathlib.Path(folder)
        for folder, _, _ in os.walk(root, topdown=False)
        if _CGROUP in folder.split('/')
    ]
    process.end({pid for folder in folders for pid in _members(folder)})
    for folder in folders:
        # Of two mounts of one hierarchy the second is empty already.
        with contextlib.suppress(OSError):
            folder.rmdir()


def _members(folder: pathlib.Path) -> list[int]:
    try:
        text = (folder / 'cgroup.procs').read_text()
    except OSError:  # gone meanwhile, or one of threads
        return []
    return [int(word) for word in text.split()]


def clear_run(home: home_module.Home) -> None:
    """Remove sockets and pid files that a dead engine left.

    dockerd refuses to start on the pid file of a process that has been
    replaced by another of the same number.
    """
    for name in ('docker/exec', 'containerd/state'):
        shutil.rmtree(home.run / name, ignore_errors=True)
    for path in (
        home.docker_socket,
        home.run / 'docker/dockerd.pid',
        home.run / 'containerd/containerd.sock',
        home.run / 'containerd/containerd.sock.ttrpc',
    ):
        pathlib.Path(path).unlink(missing_ok=True)
