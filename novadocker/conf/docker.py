"""Options of the group ``[docker]``."""

from typing import Any

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'docker',
    title='Docker',
    help='Options of the Docker virt driver (docker.DockerDriver).',
)

OPTS = [
    # NOTE: not a URIOpt, which asks for a host in unix:///path.
    cfg.StrOpt(
        'host',
        default='unix:///run/docker.sock',
        regex=r'^(unix:///|tcp://[^/]).+$',
        help="""
Address of the Docker engine that runs the instances.

Change it when the instances have an engine of their own beside another one
on the same host. Access to this address is root on the host: only user nova
may have it.

Possible values:

* ``unix:///path/to/docker.sock``
* ``tcp://address:port`` on loopback

Related options:

* ``runtime`` has to be registered in this engine.
""",
    ),
    cfg.StrOpt(
        'runtime',
        default='nova',
        regex=r'^[A-Za-z0-9][A-Za-z0-9_.-]*$',
        help="""
Name under which the engine's daemon.json registers nova-runtime.

nova-runtime starts a container inside the network namespace that the driver
has prepared for it. nova-compute refuses to start where the engine has no
runtime of this name, and says which lines to add.

Related options:

* ``runtime_map_dir``
""",
    ),
    cfg.StrOpt(
        'runtime_map_dir',
        default='/run/nova-docker/netns',
        help="""
Folder in which the driver tells nova-runtime the namespace of a container.

It is owned by root with mode 0700, and it must not outlive a reboot, since
network namespaces do not. Change it together with the ``--nova-map-dir``
argument of nova-runtime in the engine's daemon.json.

Possible values:

* an absolute path below ``/run/nova-docker``, or below another folder of
  ``/run`` whose name starts with ``nova-docker``
""",
    ),
    cfg.BoolOpt(
        'accept_rootfs_tar',
        default=False,
        help="""
Boot an image that is a bare root file system.

An image with ``container_format=docker`` is normally a docker-archive or an
OCI layout, with checksums and a command. Turn this on to boot also a plain
tar of a file system (what ``docker export`` writes); its command has to come
from the image property ``os_command_line`` or the metadata
``docker:command``.
""",
    ),
    cfg.IntOpt(
        'start_check_ms',
        default=200,
        min=0,
        max=60000,
        help="""
Time that a new container's first process has to live, in milliseconds.

A command that ends within this time fails the boot: the server's fault has
the exit code and its console log has the last lines. The time is added to
every boot. 0 turns the check off: then such a server becomes ACTIVE and is
stopped by Nova's next power synchronisation.
""",
    ),
    cfg.IntOpt(
        'stop_event_delay',
        default=15,
        min=0,
        max=300,
        help="""
Time before Nova is told that a container stopped, in seconds.

A container that is started again within this time (``docker restart``, a
restart of the engine) is not reported. 0 reports at once.
""",
    ),
]


def register_opts(conf: Any) -> None:
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[Any]]]:
    return [(GROUP.name, OPTS)]
