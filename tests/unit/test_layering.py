"""Who may import whom: the staircase of the house, read from the source.

The floors are those of doc/source/contributor/architecture.rst. What is read
is the installed project, and no module of it is imported.
"""

import ast
from collections.abc import Iterator
import importlib.util
import pathlib
import sys

import testtools

PACKAGES = (
    *('ocikit', 'novadocker', 'glance_bridge'),
    'novadocker_tempest_plugin',
)

# Lowest first. A module imports from lower floors or from its own room.
FLOORS = {
    'novadocker': (
        ('constants', 'exception', 'conf', 'privsep'),
        ('model', 'identity', 'option', 'extra_specs'),
        # What only turns Nova's objects into our values, and a door for
        # nova-api, where there is nothing above it.
        ('view', 'validation'),
        # The zone is an administrator's, who has no Nova: it stands on words.
        ('spec', 'engine', 'runtime', 'bridge', 'zone'),
        ('network', 'volume', 'image', 'console', 'inventory', 'state'),
        ('ops',),
        ('facade',),
        ('driver',),
        ('cmd',),
    ),
    'glance_bridge': (
        ('exception', 'model', 'conf', 'location'),
        # Each speaks to one neighbour, or measures and records.
        (
            *('db', 'registry', 'identity', 'catalogue', 'policies'),
            *('metrics', 'audit'),
        ),
        ('verdict', 'namespace', 'quota'),
        ('token',),
        ('publish',),
        ('settle',),
        # The doors' rooms, and what works beside them.
        (
            *('front', 'events', 'reconcile', 'pull', 'store'),
            *('health', 'name_filter', 'upload_filter'),
        ),
        ('rooms',),
        ('wsgi',),
        ('cmd',),
    ),
    # A black box: test_source.py beside its other tests forbids ocikit, too.
    'novadocker_tempest_plugin': (
        ('config', 'console', 'image'),
        ('guest', 'registry'),
        ('scenario', 'plugin'),
    ),
}
# Words: whoever lives on their floor may use them too.
WORDS = (
    *('constants', 'exception', 'model', 'identity', 'option', 'extra_specs'),
)

OWNERS = {
    'docker': 'novadocker.engine',
    'pyroute2': 'novadocker.privsep',
    'os_vif': 'novadocker.network',
    'os_brick': 'novadocker.volume',
    'alembic': 'glance_bridge.db',
    'glance_store': 'glance_bridge.store',
    'jwt': 'glance_bridge.token',
    'keystoneauth1': 'glance_bridge.identity',
    'openstack': 'novadocker.zone.cloud',
    'oslo_db': 'glance_bridge.db',
    'oslo_limit': 'glance_bridge.quota',
    'oslo_policy': 'glance_bridge.policies',
    'prometheus_client': 'glance_bridge.metrics',
    'routes': 'glance_bridge.wsgi',
    'sqlalchemy': 'glance_bridge.db',
    'tooz': 'glance_bridge.publish',
}
# Only the options that stand in every service's configuration, or errors.
BORROWED = {
    'novadocker.bridge': ('keystoneauth1.exceptions',),
    # What openstacksdk lets through.
    'novadocker.zone.cloud': ('keystoneauth1.exceptions',),
    # What oslo.limit lets through.
    'glance_bridge.quota': (
        *('keystoneauth1.exceptions', 'openstack.exceptions'),
    ),
    'glance_bridge.conf': (
        *('oslo_db.options', 'oslo_policy.opts'),
        'keystoneauth1.loading',
    ),
}

PURE = (
    'novadocker.constants',
    'novadocker.exception',
    'novadocker.extra_specs',
    'novadocker.identity',
    'novadocker.model',
    'novadocker.option',
    'novadocker.network.plan',
    'novadocker.network.resolver',
    'novadocker.spec',
    'novadocker.zone.check',
    'novadocker.zone.demand',
    'novadocker.zone.desired',
    'novadocker.zone.error',
    'novadocker.zone.explain',
    'novadocker.zone.fact',
    'novadocker.zone.model',
    'novadocker.zone.plan',
    'novadocker.zone.refusal',
    'novadocker.zone.report',
    'novadocker.zone.undoing',
    'glance_bridge.exception',
    'glance_bridge.location',
    'glance_bridge.store.access',
    'glance_bridge.name_filter',
    'glance_bridge.publish.naming',
    'glance_bridge.token.scope',
)
# Standard modules whose use is I/O, a clock or chance.
IMPURE = {
    'datetime',
    'fcntl',
    'glob',
    'http',
    'os',
    'pathlib',
    'random',
    'secrets',
    'shutil',
    'socket',
    'subprocess',
    'tempfile',
    'threading',
    'time',
    'urllib.request',
}
CONFIGURED = (
    'novadocker.facade',
    'novadocker.driver',
    'novadocker.cmd',
    'novadocker.conf',
    'glance_bridge.rooms',
    'glance_bridge.wsgi.api',
    'glance_bridge.store.driver',
    'glance_bridge.store.option',
    'glance_bridge.cmd',
    'glance_bridge.conf',
    'novadocker_tempest_plugin.config',
    'novadocker_tempest_plugin.plugin',
)
OPTIONS = ('nova.conf', 'novadocker.conf', 'glance_bridge.conf')
ZONE = ('novadocker.zone', 'novadocker.cmd.zone')
HOMELESS = {'util', 'utils', 'common', 'helpers', 'base', 'manager'}


def _sources() -> Iterator[tuple[str, pathlib.Path]]:
    """Yield every module of the project and its file."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        top = pathlib.Path(spec.origin).parent
        for path in sorted(top.rglob('*.py')):
            parts = path.relative_to(top.parent).with_suffix('').parts
            name = '.'.join(parts)
            yield name.removesuffix('.__init__'), path


def _imports(path: pathlib.Path) -> set[str]:
    """List what a file imports, also inside of functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f'{path}: relative import'
            found |= {f'{node.module}.{alias.name}' for alias in node.names}
    return found


def _is_in(name: str, room: str) -> bool:
    return name == room or name.startswith(room + '.')


def _is_borrowed(name: str, imported: str) -> bool:
    return any(
        _is_in(name, borrower) and _is_in(imported, each)
        for borrower, borrowed in BORROWED.items()
        for each in borrowed
    )


def _place(name: str) -> tuple[str, str]:
    """Split a name into its wing and its room."""
    wing, _, rest = name.partition('.')
    return wing, rest.split('.')[0]


def _floor(name: str) -> int | None:
    wing, room = _place(name)
    for number, rooms in enumerate(FLOORS.get(wing, ())):
        if room in rooms:
            return number
    return None


def _may_import(importer: str, imported: str) -> bool:
    (wing, room), (other_wing, other_room) = map(_place, (importer, imported))
    if 'ocikit' in (wing, other_wing):
        return other_wing == 'ocikit'
    if (wing, room) == (other_wing, other_room):
        return True
    ours, theirs = _floor(importer), _floor(imported)
    if wing != other_wing or ours is None or theirs is None:
        return False
    return theirs < ours or (theirs == ours and other_room in WORDS)


def _cycle(
    name: str, imports: dict[str, set[str]], path: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Find modules that import one another, beginning with this one."""
    if name in path:
        return path[path.index(name) :]
    for each in sorted(imports.get(name, ())):
        if found := _cycle(each, imports, (*path, name)):
            return found
    return ()


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ''


class LayeringTestCase(testtools.TestCase):
    def _check(self, wrong: list[str]) -> None:
        self.assertEqual([], wrong)

    def test_every_module_has_a_floor(self):
        self._check(
            [
                name
                for name, _ in _sources()
                if _floor(name) is None
                and name not in PACKAGES
                and _place(name)[0] != 'ocikit'
            ]
        )

    def test_the_rule_itself(self):
        for importer, imported, allowed in (
            ('novadocker.ops.create', 'novadocker.engine.engine', True),
            ('novadocker.engine.engine', 'novadocker.ops.create', False),
            ('novadocker.spec.builder', 'novadocker.spec.process', True),
            ('novadocker.spec.builder', 'novadocker.engine.error', False),
            ('novadocker.identity', 'novadocker.model', True),
            ('novadocker.image.store', 'ocikit.archive', True),
            ('novadocker.image.store', 'glance_bridge.token.scope', False),
            ('glance_bridge.rooms', 'glance_bridge.db.api', True),
            ('glance_bridge.db.api', 'glance_bridge.rooms', False),
            ('ocikit.archive', 'novadocker.exception', False),
            ('novadocker.model', 'novadocker.nowhere', False),
        ):
            self.assertEqual(
                allowed, _may_import(importer, imported), (importer, imported)
            )

    def test_imports_go_down_the_stairs(self):
        self._check(
            [
                f'{name} imports {each}'
                for name, path in _sources()
                for each in sorted(_imports(path))
                if each.split('.')[0] in PACKAGES
                and each not in PACKAGES
                and not _may_import(name, each)
            ]
        )

    def test_no_two_modules_import_each_other(self):
        names = {name for name, _ in _sources()}
        imports = {name: _imports(path) & names for name, path in _sources()}
        for name in sorted(names):
            self.assertEqual((), _cycle(name, imports))

    def test_ocikit_stands_on_the_standard_library_alone(self):
        self._check(
            [
                f'{name} imports {each}'
                for name, path in _sources()
                if name.split('.')[0] == 'ocikit'
                for each in sorted(_imports(path))
                if each.split('.')[0] not in sys.stdlib_module_names
                and each.split('.')[0] != 'ocikit'
            ]
        )

    def test_a_library_has_one_owner(self):
        self._check(
            [
                f'{name} imports {each}, which is for {owner}'
                for name, path in _sources()
                for each in sorted(_imports(path))
                for library, owner in OWNERS.items()
                if _is_in(each, library)
                and not _is_in(name, owner)
                and not _is_borrowed(name, each)
            ]
        )

    def test_pure_modules_do_nothing(self):
        self._check(
            [
                f'{name} imports {each}'
                for name, path in _sources()
                if any(_is_in(name, pure) for pure in PURE)
                for each in sorted(_imports(path))
                if any(_is_in(each, impure) for impure in IMPURE)
                or _is_in(each, 'oslo_config')
            ]
        )

    def test_pure_modules_open_no_file(self):
        self._check(
            [
                f'{name} calls {_called(node)}'
                for name, path in _sources()
                if any(_is_in(name, pure) for pure in PURE)
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call)
                and _called(node) in ('open', 'print', 'input')
            ]
        )

    def test_configuration_is_read_at_the_doors(self):
        self._check(
            [
                f'{name} imports {each}'
                for name, path in _sources()
                if not any(_is_in(name, door) for door in CONFIGURED)
                for each in sorted(_imports(path))
                if each.split('.')[0] == 'oslo_config'
                or any(_is_in(each, options) for options in OPTIONS)
            ]
        )

    def test_zone_is_set_up_from_a_machine_without_nova(self):
        """Nova comes by exceptions and options; the command has none."""
        self._check(
            [
                f'{name} imports {each}'
                for name, path in _sources()
                if any(_is_in(name, each) for each in ZONE)
                for each in sorted(_imports(path))
                if each.split('.')[0] in ('nova', 'novadocker')
                and not _is_in(each, 'novadocker.constants')
                and not any(_is_in(each, room) for room in ZONE)
            ]
        )

    def test_no_module_is_a_lumber_room(self):
        self._check(
            [name for name, _ in _sources() if name.split('.')[-1] in HOMELESS]
        )

    def test_nothing_asks_for_eventlet(self):
        self._check(
            [
                name
                for name, path in _sources()
                for each in _imports(path)
                if each.split('.')[0] in ('eventlet', 'asyncio', 'greenlet')
            ]
        )
