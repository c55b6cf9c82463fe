"""Where things lie below NOVA_DOCKER_HOME, and what is remembered there.

The state file is the memory of ``up``: which flavour, which steps are done
and for which content. It is written atomically, so that a killed ``up``
leaves the old or the new one.
"""

from collections.abc import Mapping
import dataclasses
import json
import os
import pathlib
import re
import secrets
import tempfile
from typing import Any

from deploy.quickstart import constants
from deploy.quickstart import exception

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

# Whatever else is in a path, one of shebangs, supervisor's configuration,
# overlay mounts and sudoers would take for something of its own.
_PATH = re.compile(r'/[A-Za-z0-9/._+@~-]*')
# Of all sockets below a home this one has the longest name; Linux takes 108
# bytes, of which one is the end (unix(7)).
_LONGEST_SOCKET = 'run/docker/exec/libnetwork/0123456789ab.sock'
_SOCKET_BYTES = 107

# One password per account, made once for a home.
_ACCOUNTS = (
    'admin',
    'demo',
    'database',
    'rabbitmq',
    'metadata',
    'nova',
    'glance',
    'placement',
    'neutron',
    'glance-bridge',
    'registry',
    'events',
    'image-ids',
    'cinder',
    'heat',
    'heat-domain',
    # Heat encrypts with it, and takes 32 letters.
    'heat-key',
)


@dataclasses.dataclass(frozen=True)
class Home:
    """The folders of one installation, or of one more node in it.

    A node has folders of its own but shares the programs of ``root``.
    """

    path: pathlib.Path
    root: pathlib.Path | None = None

    def of_node(self, name: str) -> 'Home':
        """Give the folders of a node."""
        return Home(self.nodes / name, root=self.path)

    @property
    def nodes(self) -> pathlib.Path:
        return self.path / 'nodes'

    @property
    def etc(self) -> pathlib.Path:
        return self.path / 'etc'

    @property
    def run(self) -> pathlib.Path:
        return self.path / 'run'

    @property
    def log(self) -> pathlib.Path:
        return self.path / 'log'

    @property
    def data(self) -> pathlib.Path:
        return self.path / 'data'

    @property
    def venv(self) -> pathlib.Path:
        return (self.root or self.path) / 'venv'

    @property
    def bin(self) -> pathlib.Path:
        return self.venv / 'bin'

    @property
    def heat_venv(self) -> pathlib.Path:
        """Heat's own environment, where there are stacks."""
        return self.path / 'venv-heat'

    @property
    def runtime(self) -> pathlib.Path:
        """The OCI runtime, outside of the environment that is rebuilt."""
        return (self.root or self.path) / 'libexec' / 'nova-runtime'

    @property
    def rootwrap(self) -> pathlib.Path:
        """The one configuration that sudo lets user nova name."""
        return (self.root or self.path) / 'etc' / 'nova' / 'rootwrap.conf'

    @property
    def back_end(self) -> pathlib.Path:
        """Where cinder-volume finds the code of its back end."""
        return self.path / 'libexec' / 'back-end'

    @property
    def docker_socket(self) -> pathlib.Path:
        return self.run / 'docker' / 'docker.sock'

    @property
    def ovsdb_socket(self) -> pathlib.Path:
        return self.run / 'openvswitch' / 'db.sock'

    @property
    def mysql_socket(self) -> pathlib.Path:
        return self.run / 'mysql' / 'mysql.sock'

    @property
    def supervisor_socket(self) -> pathlib.Path:
        return self.run / 'supervisor.sock'

    @property
    def token_key(self) -> pathlib.Path:
        """What the bridge signs the registry's tokens with."""
        return self.data / 'glance-bridge' / 'token.key'

    @property
    def token_certificate(self) -> pathlib.Path:
        """By what the registry knows the bridge's tokens."""
        return self.data / 'glance-bridge' / 'token.crt'

    @property
    def bridge_metrics(self) -> pathlib.Path:
        """What the processes of the bridge count, of one start each."""
        return self.run / 'glance-bridge'

    @property
    def state_file(self) -> pathlib.Path:
        return self.path / 'state.json'

    @property
    def secrets_file(self) -> pathlib.Path:
        return self.path / 'secrets.json'

    def log_of(self, service: str) -> pathlib.Path:
        """Give the log file of a service or of a step."""
        return self.log / f'{service}.log'

    def is_installed(self) -> bool:
        return self.state_file.exists()


@dataclasses.dataclass(frozen=True)
class Node:
    """One more compute host on this machine; ``index`` makes its address.

    ``dedicated_cpus`` is Nova's ``cpu_dedicated_set``.
    """

    name: str
    driver: str
    index: int
    dedicated_cpus: str = ''

    @property
    def address(self) -> str:
        number = constants.FIRST_NODE + self.index
        return f'{constants.MANAGEMENT_PREFIX}.{number}'


@dataclasses.dataclass(frozen=True)
class State:
    """What ``up`` has done so far.

    ``done`` maps a step to the fingerprint of what it was done for;
    ``volumes`` says whether there is Cinder, ``stacks`` the same of Heat.
    """

    network: str
    version: int = constants.STATE_VERSION
    done: Mapping[str, str] = dataclasses.field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    volumes: bool = False
    stacks: bool = False

    def with_done(self, step: str, fingerprint: str) -> 'State':
        """Remember that a step was done for this content."""
        return dataclasses.replace(self, done={**self.done, step: fingerprint})

    def with_node(self, node: Node) -> 'State':
        """Remember a node, once."""
        others = tuple(it for it in self.nodes if it.name != node.name)
        return dataclasses.replace(self, nodes=(*others, node))

    def without_node(self, node: Node) -> 'State':
        """Forget a node."""
        others = tuple(it for it in self.nodes if it.name != node.name)
        return dataclasses.replace(self, nodes=others)


def from_environment(environ: Mapping[str, str]) -> Home:
    """Find the home that the user means."""
    path = environ.get('NOVA_DOCKER_HOME') or constants.DEFAULT_HOME
    return Home(pathlib.Path(path).resolve())


def require_usable(path: pathlib.Path) -> None:
    """Refuse a path that some program below it would not take.

    :raises PreconditionMissing: with the path that does not do
    """
    if not _PATH.fullmatch(str(path)):
        raise exception.PreconditionMissing(
            f'{str(path)!r} cannot be a home: set NOVA_DOCKER_HOME to a path '
            f'of letters, digits and /._+@~- alone.'
        )
    excess = len(str(path / _LONGEST_SOCKET)) - _SOCKET_BYTES
    if excess > 0:
        raise exception.PreconditionMissing(
            f'{path} is {excess} bytes too long for the sockets below it: '
            f'use a shorter path or name.'
        )


def load_state(home: Home) -> State | None:
    """Read the state, ``None`` where nothing is installed.

    :raises PreconditionMissing: another version of the quickstart wrote it,
        or nobody can read it
    """
    if not home.state_file.exists():
        return None
    raw = _read_json(home.state_file)
    if raw.get('version') != constants.STATE_VERSION:
        raise exception.PreconditionMissing(
            f'{home.state_file} was written by another version of the '
            f'quickstart: run `down --purge` with that version, or set '
            f'NOVA_DOCKER_HOME to another folder.'
        )
    try:
        return State(
            network=raw['network'],
            done=dict(raw['done']),
            nodes=tuple(Node(**node) for node in raw.get('nodes', ())),
            volumes=bool(raw.get('volumes', False)),
            stacks=bool(raw.get('stacks', False)),
        )
    except (KeyError, TypeError, ValueError) as err:
        raise _damaged(home.state_file) from err


def _read_json(path: pathlib.Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except ValueError as err:
        raise _damaged(path) from err
    if not isinstance(found, dict):
        raise _damaged(path)
    return found


def _damaged(path: pathlib.Path) -> exception.PreconditionMissing:
    return exception.PreconditionMissing(
        f'{path} is damaged: restore it, or move it away and run '
        f'`down --purge`, which removes the whole cloud.'
    )


def save_state(home: Home, state: State) -> None:
    """Write the state."""
    write(home.state_file, json.dumps(dataclasses.asdict(state), indent=1))


def load_secrets(home: Home) -> dict[str, str]:
    """Read this home's passwords; make them where there are none.

    :raises PreconditionMissing: nobody can read the file
    """
    known: dict[str, str] = {}
    if home.secrets_file.exists():
        known = _read_json(home.secrets_file)
    missing = [name for name in _ACCOUNTS if name not in known]
    if missing:
        known |= {name: secrets.token_hex(16) for name in missing}
        write(home.secrets_file, json.dumps(known, indent=1), mode=0o600)
    return known


def write(
    path: pathlib.Path,
    text: str,
    mode: int = 0o644,
    group_id: int | None = None,
) -> None:
    """Replace a file by rename; it has its mode and group from the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix='.new-')
    with os.fdopen(handle, 'w') as stream:
        stream.write(text)
        stream.flush()
        if group_id is not None:
            os.fchown(stream.fileno(), 0, group_id)
        os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())
    os.rename(name, path)
