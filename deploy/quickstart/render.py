"""Write the configuration files from the templates.

The table says which template becomes which file, and who may read it.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import grp
import pathlib
import re
import shlex
import shutil
import socket

import jinja2

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import roster
from deploy.quickstart import service as service_module

_TEMPLATES = pathlib.Path(__file__).parent / 'templates'


@dataclasses.dataclass(frozen=True)
class File:
    """One file below ``etc``; readable by ``group`` alone if there is one."""

    template: str
    target: str
    group: str | None = None


_NOVA = constants.USER
FILES = (
    File('my.cnf.j2', 'mysql/my.cnf'),
    File('rabbitmq.conf.j2', 'rabbitmq/rabbitmq.conf', 'rabbitmq'),
    File('containerd.toml.j2', 'containerd/config.toml'),
    File('daemon.json.j2', 'docker/daemon.json'),
    File('keystone.conf.j2', 'keystone/keystone.conf', _NOVA),
    File('placement.conf.j2', 'placement/placement.conf', _NOVA),
    File('glance-api.conf.j2', 'glance/glance-api.conf', _NOVA),
    File(
        'glance-bridge.conf.j2',
        'glance-bridge/glance-bridge.conf',
        _NOVA,
    ),
    File('registry.yml.j2', 'registry/config.yml', constants.REGISTRY_USER),
    File('nginx.conf.j2', 'nginx/nginx.conf'),
    File('nova.conf.j2', 'nova/nova.conf', _NOVA),
    File('nova-compute.conf.j2', 'nova/nova-compute.conf', _NOVA),
    File('rootwrap.conf.j2', 'nova/rootwrap.conf'),
    File('console.html.j2', 'console/index.html'),
    File('neutron.conf.j2', 'neutron/neutron.conf', _NOVA),
    File('ml2_conf.ini.j2', 'neutron/ml2_conf.ini', _NOVA),
    File('openvswitch_agent.ini.j2', 'neutron/openvswitch_agent.ini', _NOVA),
    File('dhcp_agent.ini.j2', 'neutron/dhcp_agent.ini', _NOVA),
    File('l3_agent.ini.j2', 'neutron/l3_agent.ini', _NOVA),
    File('metadata_agent.ini.j2', 'neutron/metadata_agent.ini', _NOVA),
    File('cinder.conf.j2', 'cinder/cinder.conf', _NOVA),
    File('cinder-backend.ini.j2', 'cinder/backend.ini'),
    File('heat.conf.j2', 'heat/heat.conf', _NOVA),
    File('supervisord.conf.j2', 'supervisord.conf'),
)

# What a node has of these.
_NODE_FILES = {
    'containerd/config.toml',
    'docker/daemon.json',
    'nova/nova-compute.conf',
    'neutron/neutron.conf',
    'neutron/openvswitch_agent.ini',
}

# What the packages bring and the services read: folder in the virtual
# environment to folder below etc.
_COPIED = {
    'etc/nova/api-paste.ini': 'nova/api-paste.ini',
    'etc/nova/rootwrap.d': 'nova/rootwrap.d',
    'etc/neutron/api-paste.ini': 'neutron/api-paste.ini',
    'etc/glance/metadefs': 'glance/metadefs',
    'etc/cinder/api-paste.ini': 'cinder/api-paste.ini',
    'etc/cinder/resource_filters.json': 'cinder/resource_filters.json',
}

# Glance's own pipelines, and what the bridge puts in.
_PASTE = 'glance/glance-api-paste.ini'
_PIPELINE = re.compile(r'^(keystone\S* = .*) rootapp$', re.MULTILINE)
_FILTERS = """
[filter:docker-names]
paste.filter_factory = glance_bridge.name_filter:factory

[filter:docker-uploads]
paste.filter_factory = glance_bridge.upload_filter:factory
store = registry
"""


def engine() -> jinja2.Environment:
    """Make the template engine; an unknown name is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,
    )
    environment.filters['quote'] = shlex.quote
    environment.filters['percent'] = percent
    environment.filters['environment'] = environment_line
    return environment


def percent(text: str) -> str:
    """Escape what supervisor would take for an expansion."""
    return text.replace('%', '%%')


def environment_line(variables: Mapping[str, str]) -> str:
    """Write variables as supervisor reads them."""
    return ','.join(f'{name}="{value}"' for name, value in variables.items())


def context(
    home: home_module.Home,
    state: home_module.State,
    *,
    datapath: str,
    cgroup_parent: str,
    compute_driver: str,
    secrets: Mapping[str, str],
) -> dict[str, object]:
    """Gather what the templates may name."""
    return {
        'home': home,
        'network': state.network,
        'volumes': state.volumes,
        'datapath': datapath,
        'cgroup_parent': cgroup_parent,
        'compute_driver': compute_driver,
        'dedicated_cpus': '',
        'secrets': secrets,
        'host': socket.gethostname(),
        'address': constants.MANAGEMENT_ADDRESS,
        'is_node': False,
        'management': constants.MANAGEMENT_ADDRESS,
        'region': constants.REGION,
        'loopback': constants.LOOPBACK,
        'registry_port': constants.REGISTRY_PORT,
        'registry_engine_port': constants.REGISTRY_ENGINE_PORT,
        'bridge_port': constants.BRIDGE_PORT,
        'token_port': constants.TOKEN_PORT,
        'runtime_map_dir': constants.RUNTIME_MAP_DIR,
        'scheduler_filters': ','.join(constants.SCHEDULER_FILTERS),
        'user': constants.USER,
        'services': roster.services(home, state),
    }


def node_context(
    names: Mapping[str, object],
    home: home_module.Home,
    node: home_module.Node,
    compute_driver: str,
) -> dict[str, object]:
    """Change what differs on a node."""
    return {
        **names,
        'home': home.of_node(node.name),
        'host': node.name,
        'address': node.address,
        'is_node': True,
        'compute_driver': compute_driver,
        'dedicated_cpus': node.dedicated_cpus,
    }


def texts(
    names: Mapping[str, object], files: Iterable[File] = FILES
) -> dict[File, str]:
    """Render files; writes nothing."""
    environment = engine()
    return {
        file: environment.get_template(file.template).render(names)
        for file in files
    }


def write_all(
    home: home_module.Home, names: Mapping[str, object]
) -> list[str]:
    """Write what differs from what is there.

    :returns: the files that there were and that are different now
    """
    for source, target in _COPIED.items():
        _copy(home.venv / source, home.etc / target)
    paste = with_filters((home.venv / 'etc' / _PASTE).read_text())
    changed = _write_files(home, texts(names))
    if _write(home.etc / _PASTE, paste, None):
        changed.append(_PASTE)
    return changed


def with_filters(paste: str) -> str:
    """Put the bridge's filters into the pipelines of glance-api."""
    names = 'docker-names docker-uploads'
    return _PIPELINE.sub(rf'\1 {names} rootapp', paste) + _FILTERS


def write_node(home: home_module.Home, names: Mapping[str, object]) -> None:
    """Write the configuration of a node."""
    files = [file for file in FILES if file.target in _NODE_FILES]
    _write_files(home, texts(names, files))


def _write_files(
    home: home_module.Home, contents: Mapping[File, str]
) -> list[str]:
    return [
        file.target
        for file, text in contents.items()
        if _write(home.etc / file.target, text, file.group)
    ]


def write_sudoers(names: Mapping[str, object]) -> None:
    """Let user nova run nova-rootwrap with our configuration, no more."""
    text = engine().get_template('sudoers.j2').render(names)
    home_module.write(pathlib.Path(constants.SUDOERS), text, mode=0o440)


def remove_sudoers(home: home_module.Home) -> None:
    """Remove the rule again, unless it is of another home by now."""
    path = pathlib.Path(constants.SUDOERS)
    if path.exists() and f' {home.bin}/' in path.read_text():
        path.unlink()


def _write(path: pathlib.Path, text: str, group: str | None) -> bool:
    before = path.read_text() if path.exists() else None
    if before == text:
        return False
    if group:
        group_id = grp.getgrnam(group).gr_gid
        home_module.write(path, text, mode=0o640, group_id=group_id)
    else:
        home_module.write(path, text)
    return before is not None


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def service_ports(
    services: Iterable[service_module.Service],
) -> dict[tuple[str, int], str]:
    """Map every address and port that will be bound to its service."""
    return {
        (service.address, service.port): service.name
        for service in services
        if service.port is not None
    }
