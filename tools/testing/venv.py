"""Virtual environments of the tests and the wheel that goes into them."""

import contextlib
import hashlib
import pathlib
import shutil
import sys

from deploy.quickstart import installer
from tools.testing import command
from tools.testing import failure

PYTHON = installer.PYTHON
# Debian splits venv off; a wheel of every pinned package exists otherwise.
PACKAGES = ('python3-venv',)
# A checkout without git (a tarball, a copy) has no version to take.
WHEEL_VERSION = '0.0.1.dev0'


def constraints_of(source: pathlib.Path, name: str) -> pathlib.Path:
    return source / 'tests' / 'constraints' / f'{name}.txt'


def ensure(
    folder: pathlib.Path,
    constraints: pathlib.Path,
    *,
    log: pathlib.Path,
    deadline: float,
) -> bool:
    """Make the environment, unless one of the same pins is there.

    The pins are complete (tools/pin-constraints), so nothing is resolved:
    what runs here is what was pinned, to the version.

    :returns: whether it had to be made
    :raises LevelNotRun: venv or pip failed
    """
    stamp = folder / 'stamp'
    print_of = hashlib.sha256(
        constraints.read_bytes() + sys.version.encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == print_of:
        return False
    uv = _ensure_uv(folder, log=log, deadline=deadline)
    into = _installer(folder, uv, log=log, deadline=deadline)
    into.make('--no-deps', '-r', constraints)
    _offer_nova_its_files(folder)
    stamp.write_text(print_of)
    return True


def _offer_nova_its_files(folder: pathlib.Path) -> None:
    """Put api-paste.ini where Nova's in-process fixtures look for it."""
    for site in folder.glob('lib/python3.*/site-packages'):
        if (folder / 'etc' / 'nova').exists():
            (site / 'etc').mkdir(exist_ok=True)
            (site / 'etc' / 'nova').symlink_to(folder / 'etc' / 'nova')


def _ensure_uv(
    folder: pathlib.Path, *, log: pathlib.Path, deadline: float
) -> pathlib.Path:
    """Have pip install uv beside the environments, for all of them.

    :returns: where it is; where it cannot be had, pip installs everything
    """
    uv = _uv_of(folder)
    pin = installer.REQUIREMENTS.read_text()
    stamp = uv.parents[1] / 'stamp'
    if stamp.exists() and stamp.read_text() == pin:
        return uv
    # It has no uv to be installed by.
    into = _installer(uv.parents[1], uv, log=log, deadline=deadline)
    with contextlib.suppress(failure.LevelNotRun):
        into.make('-r', installer.REQUIREMENTS)
        stamp.write_text(pin)
    return uv


def _uv_of(folder: pathlib.Path) -> pathlib.Path:
    return folder.with_name('installer') / 'bin' / 'uv'


def _installer(
    folder: pathlib.Path,
    uv: pathlib.Path,
    *,
    log: pathlib.Path,
    deadline: float,
) -> installer.Installer:
    return installer.Installer(
        venv=folder,
        uv=uv,
        log=log,
        run=lambda words, env: command.check(
            words, log=log, deadline=deadline, env=env
        ),
        failed=failure.LevelNotRun,
    )


def build_wheel(
    folder: pathlib.Path,
    source: pathlib.Path,
    target: pathlib.Path,
    *,
    log: pathlib.Path,
    deadline: float,
) -> pathlib.Path:
    """Build the project's wheel from a copy of the checkout.

    :param folder: an environment that has pbr and setuptools
    """
    shutil.rmtree(target, ignore_errors=True)
    argv = ['-m', 'pip', '-q', 'wheel', '--no-deps', '--no-build-isolation']
    command.check(
        [str(folder / 'bin' / 'python'), *argv, '-w', str(target), '.'],
        log=log,
        deadline=deadline,
        cwd=source,
        env=command.environment(folder, source)
        | {'PBR_VERSION': WHEEL_VERSION},
    )
    return next(target.glob('*.whl'))


def install_wheel(
    folder: pathlib.Path,
    wheel: pathlib.Path,
    *,
    log: pathlib.Path,
    deadline: float,
) -> None:
    """Install the wheel over the one of the last run."""
    into = _installer(folder, _uv_of(folder), log=log, deadline=deadline)
    into.reinstall(wheel)
