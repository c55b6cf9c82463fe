"""A node that devstack stacks, in a folder: the plugin runs there for real.

The functions are devstack's own where ``DEVSTACK_DIR`` names a checkout of
it, else those of ``standin.sh``, which does the same for what the plugin
calls. Programs that install, or talk to a service, are noted and not run.
"""

import configparser
import os
import pathlib
import shutil
import subprocess
import sys

import fixtures

HERE = pathlib.Path(__file__).parent
CHECKOUT = HERE.parents[2]
PLUGIN = CHECKOUT / 'devstack'
ADDRESS = '192.0.2.10'
CONTROLLER = (
    *('key', 'mysql', 'rabbit', 'g-api', 'n-api', 'n-sch', 'n-cpu', 'n-cond'),
    *('placement-api', 'tempest'),
)
COMPUTE = ('n-cpu', 'placement-client')
STACK = ('pre-install', 'install', 'post-config', 'extra', 'test-config')
# As glance-api has them.
PASTE = """\
[composite:rootapp]
paste.composite_factory = glance.api:root_app_factory

[composite:api]
paste.composite_factory = glance.api:pipeline_factory
default = cors http_proxy_to_wsgi versionnegotiation osprofiler context rootapp
keystone = cors http_proxy_to_wsgi authtoken context rootapp
keystone+caching = cors http_proxy_to_wsgi authtoken context cache rootapp
keystone+cachemanagement = cors authtoken context cache cachemanage rootapp

[filter:context]
paste.filter_factory = glance.api.middleware.context:factory
"""


# What pip and the finder of an editable installation make of two folders nova.
_EDITABLE = """\
import importlib.machinery
import importlib.util
import os
import sys


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != 'nova':
            return None
        if os.path.isdir('{installed}'):
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = ['{installed}']
            return spec
        return importlib.util.spec_from_file_location(
            name,
            '{checkout}/__init__.py',
            submodule_search_locations=['{checkout}'],
        )


sys.meta_path.insert(0, Finder)
"""


class Node(fixtures.Fixture):
    """A folder that is the machine, and what was called on it.

    :param services: of ``ENABLED_SERVICES``
    """

    def __init__(self, *services: str) -> None:
        super().__init__()
        self.services = services or CONTROLLER

    def _setUp(self) -> None:
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.log = self.root / 'log'
        self.log.touch()
        self.temporary = self.root / 'tmp'
        self.temporary.mkdir()
        programs = self.root / 'programs'
        shutil.copytree(HERE / 'programs', programs)
        for path in programs.iterdir():
            path.chmod(0o755)
        venv = self.root / 'venv/bin'
        venv.mkdir(parents=True)
        for name in (
            *('novadocker-runtime', 'novadocker-zone'),
            'glance-bridge-manage',
        ):
            shutil.copy(programs / 'noted', venv / name)
        requirements = self.root / 'stack/requirements/.venv/bin'
        requirements.mkdir(parents=True)
        shutil.copy(programs / 'noted', requirements / 'edit-constraints')
        # As an editable installation has it: Nova is where its checkout is,
        # if nothing among what is installed is called like that.
        (self.root / 'venv/editable').mkdir()
        (self.root / 'venv/editable/sitecustomize.py').write_text(
            _EDITABLE.format(
                installed=self.installed_nova,
                checkout=self.root / 'stack/nova/nova',
            )
        )
        (venv / 'python3').write_text(
            f'#!/bin/sh\nPYTHONPATH={self.root}/venv/editable '
            f'exec {sys.executable} "$@"\n'
        )
        (venv / 'python3').chmod(0o755)
        # The module that Nova imports is in a wheel where tests run.
        ours = self.root / 'stack/nova-docker'
        (ours / 'nova/virt').mkdir(parents=True)
        (ours / 'nova/virt/docker.py').touch()
        for name in ('devstack', 'deploy', 'etc'):
            (ours / name).symlink_to(CHECKOUT / name)
        self.plugin = ours / 'devstack'
        virt = self.root / 'stack/nova/nova/virt'
        virt.mkdir(parents=True)
        (virt / '__init__.py').touch()
        (virt.parent / '__init__.py').touch()
        for folder in ('nova/rootwrap.d', 'glance', 'tempest'):
            (self.root / 'etc' / folder).mkdir(parents=True)
        for name in ('data', 'tempest'):
            (self.root / 'stack' / name).mkdir()
        self.paste.write_text(PASTE)

    @property
    def installed_nova(self) -> pathlib.Path:
        """Where our wheel puts its one module of Nova's."""
        return self.root / 'venv/site-packages/nova'

    @property
    def paste(self) -> pathlib.Path:
        """Where glance-api's pipelines are."""
        return self.root / 'etc/glance/glance-api-paste.ini'

    def run(
        self, *phases: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run phases in one shell, as stack.sh does.

        :param phases: of ``STACK``, ``unstack`` or ``clean``
        :param variables: of local.conf
        """
        words = [
            phase if phase in ('unstack', 'clean') else f'stack {phase}'
            for phase in phases
        ]
        return self.shell(
            *(f'source {self.plugin}/plugin.sh {word}' for word in words),
            **variables,
        )

    def shell(
        self, *lines: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run lines where devstack and the plugin's settings are loaded."""
        script = '\n'.join(
            [f'source {HERE}/prologue.sh', *lines, 'exec true', '']
        )
        return subprocess.run(
            ['bash', '-o', 'errexit', '-c', script],
            env={
                'PATH': f'{self.root}/programs:{os.environ["PATH"]}',
                'HOME': str(self.root),
                'LC_ALL': 'C.UTF-8',
                'DEVSTACK_DIR': os.environ.get('DEVSTACK_DIR', ''),
                'PLUGIN': str(self.plugin),
                'ROOT': str(self.root),
                'LOG': str(self.log),
                'TMPDIR': str(self.temporary),
                'HOST_IP': ADDRESS,
                'ENABLED_SERVICES': ','.join(self.services),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def called(self, program: str) -> list[str]:
        """List the calls of a program, without its name."""
        return [
            line.removeprefix(program).strip()
            for line in self.log.read_text().splitlines()
            if line.split()[0] == program
        ]

    def options(self, path: str) -> dict[str, dict[str, str]]:
        """Read a file below the folder as its program would.

        A program takes the last of two values; devstack has to write one.
        """
        parser = configparser.RawConfigParser(
            strict=True, default_section='', interpolation=None
        )
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        with (self.root / path).open() as file:
            parser.read_file(file)
        return {name: dict(parser[name]) for name in parser.sections()}

    def files(self) -> dict[str, str]:
        """Give what all written files say; the log is not one of them."""
        written = [
            path
            for folder in ('etc', 'stack', 'systemd')
            for path in sorted((self.root / folder).rglob('*'))
            if path.is_file() and '__pycache__' not in path.parts
        ]
        return {
            str(path.relative_to(self.root)): path.read_text()
            for path in written
        }
