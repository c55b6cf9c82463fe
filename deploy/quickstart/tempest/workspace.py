"""Where tempest lies below the home, and the environment it runs in."""

import dataclasses
import hashlib
import pathlib
import shutil

from deploy.quickstart import environment
from deploy.quickstart import home as home_module
from deploy.quickstart import installer
from deploy.quickstart import process

_FOLDER = pathlib.Path(__file__).parent
_REQUIREMENTS = _FOLDER / 'requirements.txt'
_CONSTRAINTS = _FOLDER / 'constraints.txt'
# Tests of one class stay together, for their class is set up once.
_GROUPS = r'([^\.]*\.)*'


@dataclasses.dataclass(frozen=True)
class Workspace:
    """The folders of tempest in one home."""

    home: home_module.Home

    @property
    def path(self) -> pathlib.Path:
        return self.home.data / 'tempest'

    def folder(self) -> home_module.Home:
        """Give the folder as one that can be locked; make it."""
        self.path.mkdir(parents=True, exist_ok=True)
        return home_module.Home(self.path)

    @property
    def venv(self) -> pathlib.Path:
        return self.path / 'venv'

    @property
    def config(self) -> pathlib.Path:
        return self.path / 'tempest.conf'

    @property
    def results(self) -> pathlib.Path:
        return self.path / 'results.json'

    @property
    def skipped(self) -> pathlib.Path:
        return self.path / 'skipped.csv'

    @property
    def log(self) -> pathlib.Path:
        """What failed, with tracebacks; beside it tempest's own log."""
        return self.home.log_of('tempest')

    def environment(self) -> dict[str, str]:
        """Make the environment of tempest's programs; nothing is inherited."""
        return {
            'PATH': f'{self.venv}/bin:/usr/sbin:/usr/bin:/sbin:/bin',
            'HOME': str(self.path),
            'LANG': 'C.UTF-8',
            'PYTHONWARNINGS': 'ignore',
            'TEMPEST_CONFIG_DIR': str(self.path),
        }

    def stestr(self, *words: str) -> list[str]:
        """Make the command line of stestr for tempest's tests."""
        (site,) = self.venv.glob('lib/python3.*/site-packages')
        return [
            str(self.venv / 'bin/stestr'),
            *('--test-path', str(site / 'tempest/test_discover')),
            *('--top-dir', str(site), '--group-regex', _GROUPS),
            *words,
        ]


def make(workspace: Workspace) -> None:
    """Make the virtual environment, unless one of the same pins is there."""
    pins = _REQUIREMENTS.read_bytes() + _CONSTRAINTS.read_bytes()
    wanted = hashlib.sha256(pins).hexdigest()
    stamp = workspace.venv / 'stamp'
    if stamp.exists() and stamp.read_text() == wanted:
        return
    log = workspace.home.log_of('tempest-pip')
    _installer(workspace).make('-r', _REQUIREMENTS, '-c', _CONSTRAINTS)
    # Where stestr keeps how long each test took, to share them out.
    shutil.rmtree(workspace.path / '.stestr', ignore_errors=True)
    process.run(
        [workspace.venv / 'bin/stestr', 'init'],
        env=workspace.environment(),
        log=log,
        cwd=workspace.path,
    )
    stamp.write_text(wanted)


def install_plugin(
    workspace: Workspace, checkout: pathlib.Path = home_module.CHECKOUT
) -> None:
    """Put the project's wheel beside tempest, unless it is there as it is.

    Of the wheel, tempest finds its plugin by the entry point, and needs
    nothing else of it.
    """
    wanted = environment.source_digest(checkout)
    stamp = workspace.venv / 'plugin'
    if stamp.exists() and stamp.read_text() == wanted:
        return
    wheel = environment.build_wheel(
        workspace.path / 'build', workspace.home.log_of('wheel'), checkout
    )
    _installer(workspace).reinstall(wheel)
    stamp.write_text(wanted)


def _installer(workspace: Workspace) -> installer.Installer:
    log = workspace.home.log_of('tempest-pip')
    return environment.installer_of(workspace.venv, log)


def names(workspace: Workspace) -> list[str]:
    """List all tests that tempest finds."""
    answer = process.run(
        workspace.stestr('list'),
        env=workspace.environment(),
        cwd=workspace.path,
    )
    return sorted(line for line in answer.split('\n') if '.test_' in line)
