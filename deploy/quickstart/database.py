"""MariaDB: its files, the schemas of the services, who is in them.

Each schema is made from nothing in one go. One that an interrupted run left
half-made is dropped first: MariaDB cannot roll back a migration.
"""

from collections.abc import Callable
from collections.abc import Iterable
import concurrent.futures
import json
import pathlib
import shutil
import socket

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import process

_SCHEMAS = {
    'keystone': ('keystone',),
    'glance': ('glance',),
    'glance-bridge': ('glance_bridge',),
    'placement': ('placement',),
    'nova': ('nova_api', 'nova', 'nova_cell0'),
    'neutron': ('neutron',),
    'cinder': ('cinder',),
    'heat': ('heat',),
}
# What the image half alone needs.
IMAGES_ONLY = ('keystone', 'glance', 'glance-bridge')
ALL = (*IMAGES_ONLY, 'placement', 'nova', 'neutron')
_VOLUMES = ('cinder',)
_STACKS = ('heat',)
_SCRIPT = pathlib.Path(__file__).parent / 'nova_schema.py'


def names(boots: bool, volumes: bool, stacks: bool) -> tuple[str, ...]:
    """List the services that have a schema.

    :param boots: whether there is more than the image half
    """
    return (
        *(ALL if boots else IMAGES_ONLY),
        *(_VOLUMES if volumes else ()),
        *(_STACKS if stacks else ()),
    )


def create_files(home: home_module.Home) -> None:
    """Make the database files, once."""
    data = home.data / 'mysql'
    if (data / 'mysql').exists():
        return
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    shutil.chown(data, 'mysql', 'mysql')
    # Into a folder of its own first: a killed run must not leave half.
    fresh = data / 'fresh'
    process.run(
        [
            *('mariadb-install-db', '--no-defaults', '--user=mysql'),
            *(f'--datadir={fresh}', '--skip-test-db'),
            '--auth-root-authentication-method=socket',
        ],
        log=home.log_of('mariadb-install'),
    )
    for path in sorted(fresh.iterdir(), key=lambda path: path.name == 'mysql'):
        path.rename(data / path.name)
    fresh.rmdir()


def query(home: home_module.Home, statement: str) -> list[str]:
    """Run SQL as root and return the rows, columns joined by tabs."""
    answer = process.run(
        [
            *('mariadb', '--no-defaults', f'--socket={home.mysql_socket}'),
            *('--user=root', '--skip-column-names', '--batch'),
        ],
        stdin=statement,
    )
    return answer.splitlines()


def instance_uuids(home: home_module.Home) -> set[str]:
    """List every instance that there ever was, also the deleted ones.

    It tells namespaces of this cloud from those of another.
    """
    return set(query(home, 'SELECT uuid FROM nova.instances'))


def mapped_hosts(home: home_module.Home) -> set[str]:
    """List the compute hosts that Nova has discovered."""
    return set(query(home, 'SELECT host FROM nova_api.host_mappings'))


def has_heat_engine(home: home_module.Home) -> bool:
    """Tell whether an engine of Heat has reported and not taken leave."""
    return bool(
        query(home, 'SELECT 1 FROM heat.service WHERE deleted_at IS NULL')
    )


def make_schemas(
    home: home_module.Home,
    secrets: dict[str, str],
    transport_url: str,
    done: Callable[[str], bool],
    names: Iterable[str] = ALL,
) -> list[str]:
    """Make the schemas that are not done, all at the same time.

    :returns: the services whose schema was made
    """
    wanted = [name for name in names if not done(name)]
    if not wanted:
        return []
    query(home, ''.join(_fresh(name) for name in wanted) + _user(secrets))
    _flush_cache()
    deeds: dict[str, Callable[[], None]] = {
        'keystone': lambda: _keystone(home, secrets),
        'glance': lambda: _sync(home, 'glance-manage', 'db_sync'),
        'glance-bridge': lambda: upgrade_bridge(home),
        'placement': lambda: _sync(home, 'placement-manage', 'db sync'),
        'nova': lambda: _nova(home, secrets, transport_url),
        'neutron': lambda: _neutron(home),
        'cinder': lambda: _sync(home, 'cinder-manage', 'db sync'),
        'heat': lambda: _sync(home, 'heat-manage', 'db_sync', home.heat_venv),
    }
    # Each mostly waits for the database: together they take as long as the
    # longest, which is Neutron's.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = [pool.submit(deeds[name]) for name in wanted]
    for future in futures:
        future.result()
    return wanted


def upgrade_bridge(home: home_module.Home) -> None:
    """Bring the bridge's tables to the newest form; what is in them stays."""
    _sync(home, 'glance-bridge-manage', 'db sync')


def _flush_cache() -> None:
    """Drop what Keystone remembers of a database that was dropped.

    Its bootstrap would take the region of an interrupted run for its own.
    """
    address = (constants.LOOPBACK, constants.MEMCACHED_PORT)
    with socket.create_connection(address, timeout=5) as link:
        link.sendall(b'flush_all\r\n')
        link.recv(64)


def _fresh(name: str) -> str:
    return ''.join(
        f'DROP DATABASE IF EXISTS {schema};'
        f'CREATE DATABASE {schema} CHARACTER SET utf8mb3;'
        for schema in _SCHEMAS[name]
    )


def _user(secrets: dict[str, str]) -> str:
    user = f"'{constants.USER}'@'localhost'"
    grants = ''.join(
        f'GRANT ALL ON {schema}.* TO {user};'
        for schemas in _SCHEMAS.values()
        for schema in schemas
    )
    return (
        f'CREATE OR REPLACE USER {user} '
        f"IDENTIFIED BY '{secrets['database']}';{grants}"
    )


def _sync(
    home: home_module.Home,
    program: str,
    words: str,
    venv: pathlib.Path | None = None,
) -> None:
    project = program.removesuffix('-manage')
    process.run(
        [
            (venv or home.venv) / 'bin' / program,
            f'--config-dir={home.etc}/{project}',
            *words.split(),
        ],
        env=process.environment(home),
        log=home.log_of(f'schema-{project}'),
        user=constants.USER,
    )


def _keystone(home: home_module.Home, secrets: dict[str, str]) -> None:
    url = f'http://{constants.MANAGEMENT_ADDRESS}:5000/v3'
    owner = f'--keystone-user={constants.USER}'
    group = f'--keystone-group={constants.USER}'
    _sync(home, 'keystone-manage', f'fernet_setup {owner} {group}')
    _sync(home, 'keystone-manage', f'credential_setup {owner} {group}')
    _sync(home, 'keystone-manage', 'db_sync')
    # The password goes through the environment: a command line is public.
    process.run(
        [
            home.bin / 'keystone-manage',
            f'--config-dir={home.etc}/keystone',
            *('bootstrap', f'--bootstrap-region-id={constants.REGION}'),
            *(
                f'--bootstrap-{kind}-url={url}'
                for kind in ('admin', 'public', 'internal')
            ),
        ],
        env=process.environment(home)
        | {'OS_BOOTSTRAP_PASSWORD': secrets['admin']},
        log=home.log_of('schema-keystone'),
        user=constants.USER,
    )


def _nova(
    home: home_module.Home, secrets: dict[str, str], transport_url: str
) -> None:
    wanted = {
        'config': str(home.etc / 'nova/nova.conf'),
        'cell0': connection(home, secrets, 'nova_cell0'),
        'cell1': connection(home, secrets, 'nova'),
        'transport_url': transport_url,
    }
    # User nova cannot read a checkout that lies in root's home.
    script = home.path / 'libexec' / _SCRIPT.name
    home_module.write(script, _SCRIPT.read_text())
    process.run(
        [home.bin / 'python', script],
        env=process.environment(home),
        log=home.log_of('schema-nova'),
        user=constants.USER,
        stdin=json.dumps(wanted),
    )


def _neutron(home: home_module.Home) -> None:
    folder = home.etc / 'neutron'
    process.run(
        [
            home.bin / 'neutron-db-manage',
            f'--config-file={folder}/neutron.conf',
            f'--config-file={folder}/ml2_conf.ini',
            *('upgrade', 'heads'),
        ],
        env=process.environment(home),
        log=home.log_of('schema-neutron'),
        user=constants.USER,
    )


def connection(
    home: home_module.Home, secrets: dict[str, str], schema: str
) -> str:
    """Give the URL under which a service finds its schema."""
    return (
        f'mysql+pymysql://{constants.USER}:{secrets["database"]}@localhost/'
        f'{schema}?charset=utf8mb4&unix_socket={home.mysql_socket}'
    )
