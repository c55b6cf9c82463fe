"""Make the virtual environments of the services; put nova-docker in one.

Both steps remember what they were done for, so that a second ``up`` costs
nothing and a changed checkout is built and installed anew.
"""

from collections.abc import Iterable
import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import installer
from deploy.quickstart import process

# Folders of what an environment is made from: all services, and Heat.
_PINS = pathlib.Path(__file__).parent
HEAT = _PINS / 'heat'

# What the project's wheel is made of.
_SOURCES = (
    'setup.py',
    'setup.cfg',
    'pyproject.toml',
    'requirements.txt',
    'README.rst',
    'LICENSE',
    'etc',
    'glance_bridge',
    'nova',
    'novadocker',
    'novadocker_tempest_plugin',
    'ocikit',
)
_UNTAGGED = '0.0.0.dev0'


def wanted(pins: pathlib.Path = _PINS) -> str:
    """Fingerprint what an environment has to be made from."""
    return _digest(_files(pins))


def make(home: home_module.Home) -> None:
    """Make the environment with OpenStack in it.

    Made by root and only read by others: what is not compiled here would
    be compiled at every start of a service.
    """
    _make(home, home.venv, _PINS)


def make_heat(home: home_module.Home) -> None:
    """Make the environment with Heat in it; the other gets its client."""
    _make(home, home.heat_venv, HEAT)
    _, constraints = _files(HEAT)
    into = installer_of(home.venv, home.log_of('pip'))
    into.add('python-heatclient', '-c', constraints)


def _make(
    home: home_module.Home, venv: pathlib.Path, pins: pathlib.Path
) -> None:
    requirements, constraints = _files(pins)
    into = installer_of(venv, home.log_of('pip'))
    into.make('-r', requirements, '-c', constraints)


def _files(pins: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    return pins / 'requirements.txt', pins / 'constraints.txt'


def installer_of(venv: pathlib.Path, log: pathlib.Path) -> installer.Installer:
    """Give what installs into an environment of the quickstart."""
    return installer.Installer(
        venv=venv,
        uv=pathlib.Path(sys.executable).with_name('uv'),
        log=log,
        run=lambda words, env: process.run(words, env=env, log=log),
        failed=exception.OperationFailed,
    )


def source_digest(checkout: pathlib.Path = home_module.CHECKOUT) -> str:
    """Fingerprint the files that the wheel is made of."""
    return _digest(_source_files(checkout))


def install_driver(
    home: home_module.Home, checkout: pathlib.Path = home_module.CHECKOUT
) -> None:
    """Build the project's wheel and install it beside Nova."""
    wheel = build_wheel(home.data / 'build', home.log_of('wheel'), checkout)
    installer_of(home.venv, home.log_of('pip')).reinstall(wheel)


def build_wheel(
    build: pathlib.Path,
    log: pathlib.Path,
    checkout: pathlib.Path = home_module.CHECKOUT,
) -> pathlib.Path:
    """Build the project's wheel in a folder, which is emptied before.

    The build runs in a copy: it leaves traces, and the checkout may be
    read-only.
    """
    shutil.rmtree(build, ignore_errors=True)
    source = build / 'source'
    for path in _source_files(checkout):
        target = source / path.relative_to(checkout)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    process.run(
        [
            *(sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps'),
            *('--no-build-isolation', '--wheel-dir', build, source),
        ],
        env={**os.environ, 'PBR_VERSION': _version(checkout)},
        log=log,
    )
    return next(build.glob('*.whl'))


def _version(checkout: pathlib.Path) -> str:
    with contextlib.suppress(exception.OperationFailed):
        tag = process.run(
            ['git', 'describe', '--tags', '--abbrev=0'], cwd=checkout
        )
        return tag.strip()
    return _UNTAGGED


def _source_files(checkout: pathlib.Path) -> list[pathlib.Path]:
    files: list[pathlib.Path] = []
    for name in _SOURCES:
        path = checkout / name
        if path.is_dir():
            files += [
                child
                for child in path.rglob('*')
                if child.is_file() and '__pycache__' not in child.parts
            ]
        elif path.exists():
            files.append(path)
    return sorted(files)


def _digest(paths: Iterable[pathlib.Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f'{path.name} {path.stat().st_size}\n'.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def interpreter_works(venv: pathlib.Path) -> bool:
    """Tell whether an environment survived (an upgrade of Debian, say)."""
    try:
        done = subprocess.run(
            [venv / 'bin/python', '-c', ''], check=False, capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0
