"""Options of the group ``[docker]``."""

import ipaddress
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
    cfg.URIOpt(
        'image_bridge_url',
        schemes=['http', 'https'],
        help="""
Address of the image bridge and of its registry, without a path.

Where it is set, an image that was pushed to the cloud's registry comes from
there: only the layers travel that this host lacks, and a snapshot uploads
only the layer that has changed. An image that the registry does not have, or
cannot give just now, comes from Glance as a whole, and so does one whose
signature is to be verified. Who may boot an image is Glance's decision either
way.

Images travel with a token of a few minutes beside them: use https, or a
network that only the cloud's own services are in.

Possible values:

* ``https://registry.example.com:5042``; without a value, all images come from
  Glance

Related options:

* ``[service_user] send_service_user_token`` has to be true, and the user of
  that group has to have the role ``service``: the bridge answers to services
  only.
* ``[service_user] cafile`` is what its certificate is verified with.
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
    cfg.BoolOpt(
        'volumes',
        default=False,
        help="""
Let servers of this host have volumes of Cinder.

The kernel of the host mounts the file system that is on a volume, and its
tenant can write to that what he wants, for example by attaching it to a
virtual machine first. A fault in the kernel's ext4 or xfs then is a way into
the host. Turn this on where the tenants are trusted that far, and keep the
kernel up to date.

Related options:

* ``volume_filesystem``
""",
    ),
    cfg.StrOpt(
        'volume_filesystem',
        default='ext4',
        choices=[
            ('ext4', 'what most machines can read'),
            ('xfs', 'takes a volume of 300 MiB at least'),
        ],
        help="""
File system that is made on a volume that is blank.

A volume that has an ext4 or xfs is used as it is. One that has anything else
on it is refused and never formatted.

Related options:

* ``volumes``
""",
    ),
    cfg.HostAddressOpt(
        'console_address',
        help="""
Address of this host on which it listens for proxies of consoles.

Change it where proxies reach this host by an address that it does not have
itself, as behind a NAT.

Possible values:

* an address of this host; without a value,
  ``[serial_console] proxyclient_address``

Related options:

* ``[serial_console] enabled``: it listens only if that is true.
* ``[serial_console] proxyclient_address`` is what proxies are told.
""",
    ),
    cfg.PortOpt(
        'console_port',
        default=6084,
        min=1,
        help="""
Port on which this host listens for proxies of consoles, those of all servers.

Change it if something else of the host has the port. Users never connect to
it: let nova-serialproxy through a firewall, and nobody else.
""",
    ),
    cfg.ListOpt(
        'console_proxies',
        default=[],
        item_type=ipaddress.ip_network,
        help="""
Who may connect to ``console_port``: the hosts that run nova-serialproxy.

Everybody else is refused before a byte of theirs is read. The connection is
not encrypted: it belongs into the network of the cloud's own services.

Possible values:

* addresses and networks (``192.0.2.4, 198.51.100.0/24``); without any, only
  this host itself
""",
    ),
    cfg.IntOpt(
        'console_sessions_per_server',
        default=4,
        min=1,
        max=64,
        help="""
How many consoles of one server may be open at once.
""",
    ),
    cfg.IntOpt(
        'console_sessions',
        default=64,
        min=1,
        max=512,
        help="""
How many consoles may be open at once on this host.

Each costs nova-compute a thread and two descriptors, and the engine a process
in its server.
""",
    ),
]


def register_opts(conf: Any) -> None:
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[Any]]]:
    return [(GROUP.name, OPTS)]
