"""Make virtual environments and put packages in them: by uv, else by pip.

uv does in seconds what takes pip minutes, but pip has the last word: its
settings say where packages come from, and it installs where uv is missing,
fails or cannot be told one of them. Only the standard library is here: what
installs the first packages has none.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import os
import pathlib
import shutil
import subprocess

from deploy.quickstart import pip_setting

PYTHON = '/usr/bin/python3'
# uv itself, which pip has to install.
REQUIREMENTS = pathlib.Path(__file__).with_name('installer-requirements.txt')
_PIP = ('--disable-pip-version-check', '--no-input', '--quiet', 'install')
# Who may not write beside a module would compile it at every start.
_UV = ('pip', 'install', '--quiet', '--compile-bytecode')

# Run a command in an environment, both outputs to the log.
Run = Callable[[Sequence[str], Mapping[str, str]], object]


@dataclasses.dataclass(frozen=True)
class Installer:
    """What installs into one virtual environment.

    :ivar uv: where uv is, or would be
    :ivar failed: what ``run`` raises if a command fails
    """

    venv: pathlib.Path
    uv: pathlib.Path
    log: pathlib.Path
    run: Run
    failed: type[Exception]

    def make(self, *words: str | pathlib.Path) -> None:
        """Make the environment anew, with packages in it."""
        self._create()
        # pip would take what uv left half done for whole.
        self._install([str(word) for word in words], undo=self._create)

    def add(self, *words: str | pathlib.Path) -> None:
        """Put more packages in."""
        self._install([str(word) for word in words], undo=lambda: None)

    def reinstall(self, wheel: pathlib.Path) -> None:
        """Put a wheel in the place of its last version.

        pip does: uv would look at every module there whether to compile it.
        """
        self._by_pip(['--no-deps', '--force-reinstall', str(wheel)])

    def _create(self) -> None:
        shutil.rmtree(self.venv, ignore_errors=True)
        self.run([PYTHON, '-m', 'venv', str(self.venv)], os.environ)

    def _install(self, words: list[str], undo: Callable[[], None]) -> None:
        try:
            told = self._told()
        except (OSError, pip_setting.NotForUv) as err:
            self._note(f'pip installs and not uv: {err}')
        else:
            try:
                self._by_uv(words, told)
            except (OSError, self.failed) as err:
                self._note(
                    f'uv failed, pip installs: {err}'.partition('\n')[0]
                )
                undo()
            else:
                return
        self._by_pip(words)

    def _told(self) -> pip_setting.Told:
        """Ask pip for its settings, all files and variables considered."""
        if not self.uv.exists():
            raise pip_setting.NotForUv(f'there is no {self.uv}')
        asked = subprocess.run(
            [self.venv / 'bin/pip', 'config', 'list'],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )
        if asked.returncode:
            raise pip_setting.NotForUv('pip does not tell its settings')
        return pip_setting.told(asked.stdout, os.environ)

    def _by_uv(self, words: list[str], told: pip_setting.Told) -> None:
        python = str(self.venv / 'bin/python')
        self.run(
            [str(self.uv), *_UV, '--python', python, *told.options, *words],
            told.environment,
        )

    def _by_pip(self, words: list[str]) -> None:
        pip = str(self.venv / 'bin/pip')
        self.run([pip, *_PIP, *words], os.environ)

    def _note(self, text: str) -> None:
        with self.log.open('a') as log:
            log.write(f'{text}\n')
