"""The table of services: what runs, as whom, where it listens.

Pure: it starts nothing. Supervisor's configuration, the port check, the
start order and ``status`` are all made from this table.
"""

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import enum
import pathlib

from deploy.quickstart import constants
from deploy.quickstart import home as home_module

_MANAGEMENT = constants.MANAGEMENT_ADDRESS


class Tier(enum.IntEnum):
    """Start order: a tier starts when all below it are well."""

    BASE = 1
    ENGINE = 2
    IDENTITY = 3
    CONTROL = 4
    COMPUTE = 5


@dataclasses.dataclass(frozen=True)
class Service:
    """One supervised process.

    ``port`` is what it answers on when it is well; with ``socket`` it is a
    path instead; with neither, running is all that is asked.
    """

    name: str
    tier: Tier
    command: tuple[str, ...]
    user: str = 'root'
    address: str = _MANAGEMENT
    port: int | None = None
    socket: str | None = None
    is_http: bool = False
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    stop_wait_s: int = 8
    stop_signal: str = 'TERM'
    umask: str = '022'


def services(
    home: home_module.Home,
    network: str,
    volumes: bool = False,
    stacks: bool = False,
) -> list[Service]:
    """List the services of one flavour, in start order.

    :param volumes: whether Cinder is among them
    :param stacks: whether Heat is
    """
    parts = [_stores, _engine, _identity, _images, _registry]
    if volumes or stacks or network != constants.IMAGES_ONLY:
        parts.append(_messages)
    if volumes:
        parts.append(_volumes)
    if stacks:
        parts.append(_stacks)
    if network != constants.IMAGES_ONLY:
        parts += [
            _vswitch,
            _control,
            _neutron_control,
            {'ovs': _neutron_ovs, 'ovn': _neutron_ovn}[network],
            _compute,
        ]
    found = [service for part in parts for service in part(home)]
    return sorted(found, key=lambda service: service.tier)


def node_services(inside: home_module.Home, driver: str) -> list[Service]:
    """List what one more compute host runs: switch, engine, agent, compute."""
    return [
        *_vswitch(inside),
        *(_engine(inside) if driver == 'docker' else ()),
        _agent(inside, 'neutron-openvswitch-agent', 'openvswitch_agent.ini'),
        *_compute(inside),
    ]


def _stores(home: home_module.Home) -> list[Service]:
    return [
        Service(
            'memcached',
            Tier.BASE,
            ('/usr/bin/memcached', '-l', '127.0.0.1', '-p', '11211'),
            user='memcache',
            address=constants.LOOPBACK,
            port=11211,
        ),
        Service(
            'mariadb',
            Tier.BASE,
            (
                '/usr/sbin/mariadbd',
                f'--defaults-file={home.etc}/mysql/my.cnf',
            ),
            user='mysql',
            socket=str(home.mysql_socket),
        ),
    ]


def _messages(home: home_module.Home) -> list[Service]:
    rabbit = home.data / 'rabbitmq'
    return [
        Service(
            'rabbitmq',
            Tier.BASE,
            ('/usr/lib/rabbitmq/bin/rabbitmq-server',),
            user='rabbitmq',
            port=5672,
            environment={
                'HOME': str(rabbit),
                # An epmd of its own, which Erlang starts: the default port
                # may belong to another Erlang.
                'ERL_EPMD_PORT': '14369',
                'ERL_EPMD_ADDRESS': constants.LOOPBACK,
                'RABBITMQ_NODENAME': 'nova-docker@localhost',
                'RABBITMQ_DIST_PORT': '25673',
                'RABBITMQ_MNESIA_BASE': str(rabbit / 'mnesia'),
                'RABBITMQ_LOG_BASE': str(rabbit / 'log'),
                'RABBITMQ_ENABLED_PLUGINS_FILE': str(rabbit / 'plugins'),
                'RABBITMQ_CONFIG_FILE': str(home.etc / 'rabbitmq/rabbitmq'),
                'RABBITMQ_PID_FILE': str(rabbit / 'pid'),
                # The schedulers' busy waiting takes a core of two.
                'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': (
                    '+sbwt none +sbwtdcpu none +sbwtdio none'
                    ' -kernel inet_dist_use_interface {127,0,0,1}'
                ),
            },
        ),
    ]


def _vswitch(home: home_module.Home) -> list[Service]:
    run = home.run / 'openvswitch'
    return [
        Service(
            'ovsdb-server',
            Tier.BASE,
            (
                '/usr/sbin/ovsdb-server',
                str(home.data / 'openvswitch/conf.db'),
                f'--remote=punix:{home.ovsdb_socket}',
                f'--pidfile={run}/ovsdb-server.pid',
                f'--unixctl={run}/ovsdb-server.ctl',
                '-vconsole:warn',
            ),
            socket=str(home.ovsdb_socket),
            # os-vif talks to it from within nova-compute: its folder's
            # group, which the socket inherits, may write to it.
            umask='007',
        ),
        Service(
            'ovs-vswitchd',
            Tier.ENGINE,
            (
                '/usr/sbin/ovs-vswitchd',
                f'unix:{home.ovsdb_socket}',
                f'--pidfile={run}/ovs-vswitchd.pid',
                f'--unixctl={run}/ovs-vswitchd.ctl',
                '-vconsole:warn',
            ),
            socket=str(run / 'ovs-vswitchd.ctl'),
        ),
    ]


def _engine(home: home_module.Home) -> list[Service]:
    # A containerd of our own: dockerd would otherwise share the one that it
    # finds at the default address with a dockerd that is already there.
    return [
        Service(
            'containerd',
            Tier.BASE,
            (
                '/usr/bin/containerd',
                f'--config={home.etc}/containerd/config.toml',
            ),
            socket=str(home.run / 'containerd/containerd.sock'),
        ),
        Service(
            'dockerd',
            Tier.ENGINE,
            (
                '/usr/sbin/dockerd',
                f'--config-file={home.etc}/docker/daemon.json',
            ),
            socket=str(home.docker_socket),
        ),
    ]


def _identity(home: home_module.Home) -> list[Service]:
    return [
        _wsgi(
            home,
            'keystone',
            5000,
            'keystone.wsgi.api',
            tier=Tier.IDENTITY,
            # NOTE: no threads. oslo.policy loads its rules at the first
            # request without a lock, and what is asked meanwhile is denied:
            # the services' first tokens were not validated (403, then 503).
            processes=3,
            threads=1,
        )
    ]


def _images(home: home_module.Home) -> list[Service]:
    # Its own client sends chunks of 1 MiB, which are too large otherwise.
    chunk = f'--chunked-input-limit={16 * 1024**2}'
    return [_wsgi(home, 'glance', 9292, 'glance.wsgi.api', options=[chunk])]


def _registry(home: home_module.Home) -> list[Service]:
    nginx = home.run / 'nginx'
    config = f'--config-dir={home.etc}/glance-bridge'
    return [
        # As many as [front] pushes and waiting_pushes, and some for hosts.
        _bridge(home, 'glance-bridge', constants.BRIDGE_PORT, threads=144),
        # NOTE: a push waits for Glance, and Glance for these: on threads
        # that pushes have taken, both would wait for ever.
        _bridge(home, 'glance-bridge-token', constants.TOKEN_PORT, threads=8),
        Service(
            'glance-bridge-reconciler',
            Tier.CONTROL,
            (str(home.bin / 'glance-bridge-reconciler'), config),
            user=constants.USER,
            environment=_counts(home),
        ),
        Service(
            'registry',
            Tier.CONTROL,
            (
                '/usr/bin/docker-registry',
                'serve',
                str(home.etc / 'registry/config.yml'),
            ),
            user=constants.REGISTRY_USER,
            address=constants.LOOPBACK,
            port=constants.REGISTRY_ENGINE_PORT,
            is_http=True,
        ),
        Service(
            'nginx',
            Tier.CONTROL,
            (
                '/usr/sbin/nginx',
                *('-p', str(nginx)),
                # Else it opens Debian's own log before it reads this file.
                *('-e', 'stderr'),
                *('-c', str(home.etc / 'nginx/nginx.conf')),
            ),
            user=constants.PROXY_USER,
            address=constants.LOOPBACK,
            port=constants.REGISTRY_PORT,
            stop_signal='QUIT',
        ),
    ]


def _bridge(
    home: home_module.Home, name: str, port: int, *, threads: int
) -> Service:
    return _wsgi(
        home,
        name,
        port,
        'glance_bridge.wsgi.api',
        project='glance-bridge',
        address=constants.LOOPBACK,
        threads=threads,
        variables=_counts(home),
    )


def _counts(home: home_module.Home) -> dict[str, str]:
    """Tell the processes of the bridge where to put what they count."""
    return {'PROMETHEUS_MULTIPROC_DIR': str(home.bridge_metrics)}


def _control(home: home_module.Home) -> list[Service]:
    config = f'--config-file={home.etc}/nova/nova.conf'
    return [
        _wsgi(home, 'placement', 8778, 'placement.wsgi.api'),
        _wsgi(home, 'nova-api', 8774, 'nova.wsgi.osapi_compute', threads=8),
        _wsgi(home, 'nova-metadata', 8775, 'nova.wsgi.metadata'),
        _nova(home, 'nova-conductor', config),
        _nova(home, 'nova-scheduler', config),
        _nova(home, 'nova-serialproxy', config, port=6083),
    ]


def _volumes(home: home_module.Home) -> list[Service]:
    config = f'--config-file={home.etc}/cinder/cinder.conf'
    api = _wsgi(home, 'cinder-api', 8776, 'cinder.wsgi.api', threads=8)
    return [
        # It reads its configuration from the command line alone.
        dataclasses.replace(api, command=(*api.command, f'--pyargv={config}')),
        Service(
            'cinder-scheduler',
            Tier.CONTROL,
            (str(home.bin / 'cinder-scheduler'), config),
            user=constants.USER,
        ),
        # Loop devices are root's, as are the files behind them.
        Service(
            'cinder-volume',
            Tier.CONTROL,
            (
                *(str(home.bin / 'cinder-volume'), config),
                f'--config-file={home.etc}/cinder/backend.ini',
            ),
            environment={'PYTHONPATH': str(home.back_end)},
        ),
    ]


def _stacks(home: home_module.Home) -> list[Service]:
    config = f'--config-file={home.etc}/heat/heat.conf'
    return [
        _wsgi(
            home,
            'heat-api',
            8004,
            'heat.wsgi.api',
            venv=home.heat_venv,
            # It reads its configuration from the command line alone.
            options=[f'--pyargv={config}'],
        ),
        Service(
            'heat-engine',
            Tier.CONTROL,
            (str(home.heat_venv / 'bin/heat-engine'), config),
            user=constants.USER,
        ),
    ]


def _neutron_control(home: home_module.Home) -> list[Service]:
    return [
        _wsgi(home, 'neutron-api', 9696, 'neutron.wsgi.api', threads=8),
        _neutron(home, 'neutron-periodic-workers', 'ml2_conf.ini'),
    ]


def _neutron_ovs(home: home_module.Home) -> list[Service]:
    return [
        _neutron(home, 'neutron-rpc-server', 'ml2_conf.ini'),
        _agent(home, 'neutron-openvswitch-agent', 'openvswitch_agent.ini'),
        _agent(home, 'neutron-dhcp-agent', 'dhcp_agent.ini'),
        _agent(home, 'neutron-l3-agent', 'l3_agent.ini'),
        _agent(home, 'neutron-metadata-agent', 'metadata_agent.ini'),
    ]


def _neutron_ovn(home: home_module.Home) -> list[Service]:
    run = home.run / 'ovn'
    return [
        _ovn_database(home, 'nb', 6641),
        _ovn_database(home, 'sb', 6642),
        Service(
            'ovn-northd',
            Tier.ENGINE,
            (
                '/usr/bin/ovn-northd',
                f'--ovnnb-db=unix:{run}/ovnnb_db.sock',
                f'--ovnsb-db=unix:{run}/ovnsb_db.sock',
                f'--pidfile={run}/ovn-northd.pid',
                f'--unixctl={run}/ovn-northd.ctl',
                '-vconsole:warn',
            ),
        ),
        Service(
            # NOTE: ovn-controller 23.03 knows no --unixctl.
            'ovn-controller',
            Tier.ENGINE,
            (
                '/usr/bin/ovn-controller',
                f'unix:{home.ovsdb_socket}',
                f'--pidfile={run}/ovn-controller.pid',
                '-vconsole:warn',
            ),
        ),
        _neutron(home, 'neutron-ovn-maintenance-worker', 'ml2_conf.ini'),
        _agent(home, 'neutron-ovn-metadata-agent', 'metadata_agent.ini'),
    ]


def _ovn_database(home: home_module.Home, which: str, port: int) -> Service:
    run = home.run / 'ovn'
    return Service(
        f'ovn-{which}',
        Tier.BASE,
        (
            '/usr/sbin/ovsdb-server',
            str(home.data / f'ovn/{which}.db'),
            f'--remote=punix:{run}/ovn{which}_db.sock',
            f'--remote=ptcp:{port}:{_MANAGEMENT}',
            f'--pidfile={run}/ovn{which}_db.pid',
            f'--unixctl={run}/ovn{which}_db.ctl',
            '-vconsole:warn',
        ),
        port=port,
    )


def _compute(home: home_module.Home) -> list[Service]:
    config = f'--config-file={home.etc}/nova/nova-compute.conf'
    return [
        dataclasses.replace(
            _nova(home, 'nova-compute', config), tier=Tier.COMPUTE
        )
    ]


def _nova(
    home: home_module.Home, name: str, config: str, port: int | None = None
) -> Service:
    return Service(
        name,
        Tier.CONTROL,
        (str(home.bin / name), config),
        user=constants.USER,
        port=port,
        environment={
            'HOME': str(home.data / 'nova'),
            # The strict sudoers form of the documentation names /tmp.
            'TMPDIR': '/tmp',
        },
    )


def _neutron(home: home_module.Home, name: str, plugin: str) -> Service:
    return Service(
        name,
        Tier.CONTROL,
        _neutron_command(home, name, plugin),
        user=constants.USER,
    )


def _agent(home: home_module.Home, name: str, plugin: str) -> Service:
    # The agents are root: each of their privileged helpers would otherwise
    # pass through sudo and rootwrap, which is Neutron's affair, not ours.
    return Service(name, Tier.COMPUTE, _neutron_command(home, name, plugin))


def _neutron_command(
    home: home_module.Home, name: str, plugin: str
) -> tuple[str, ...]:
    folder = home.etc / 'neutron'
    return (
        str(home.bin / name),
        f'--config-file={folder}/neutron.conf',
        f'--config-file={folder}/{plugin}',
    )


def _wsgi(
    home: home_module.Home,
    name: str,
    port: int,
    module: str,
    *,
    tier: Tier = Tier.CONTROL,
    project: str | None = None,
    venv: pathlib.Path | None = None,
    address: str = _MANAGEMENT,
    processes: int = 1,
    threads: int = 4,
    variables: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Service:
    project = project or name.partition('-')[0]
    variable = project.upper().replace('-', '_')
    environment = {
        f'OS_{variable}_CONFIG_DIR': str(home.etc / project),
        **(variables or {}),
    }
    if project == 'neutron':
        environment['OS_NEUTRON_CONFIG_FILES'] = 'neutron.conf;ml2_conf.ini'
    return Service(
        name,
        tier,
        (
            '/usr/bin/uwsgi',
            '--plugin=python3',
            f'--virtualenv={venv or home.venv}',
            f'--http-socket={address}:{port}',
            f'--module={module}:application',
            '--master',
            f'--processes={processes}',
            f'--threads={threads}',
            '--enable-threads',
            '--thunder-lock',
            '--lazy-apps',
            '--need-app',
            '--die-on-term',
            '--buffer-size=65535',
            # Without it clients that keep connections meet resets.
            '--add-header=Connection: close',
            '--disable-logging',
            f'--procname-prefix-spaced={name}',
            *options,
        ),
        user=constants.USER,
        address=address,
        port=port,
        is_http=True,
        environment=environment,
    )
