"""Debian packages: install what is missing, start none of its services."""

from collections.abc import Sequence
import os
import pathlib
import shutil
import subprocess

from deploy.quickstart import package as quickstart_package
from tools.testing import command
from tools.testing import failure


def missing(packages: Sequence[str]) -> list[str]:
    """List those of the packages that are not installed."""
    return [each for each in packages if not _is_installed(each)]


def _is_installed(package: str) -> bool:
    found = subprocess.run(
        ['dpkg-query', '-W', '-f', '${db:Status-Status}', package],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    return found.stdout == 'installed'


def require(packages: Sequence[str]) -> None:
    """See that what is missing could be installed.

    :raises PreconditionMissing: it could not
    """
    if not shutil.which('dpkg-query'):
        raise failure.PreconditionMissing(
            'this is not a Debian system (no dpkg-query): the tests install '
            'Debian packages'
        )
    absent = missing(packages)
    if absent and os.geteuid():
        raise failure.PreconditionMissing(
            f'not root and packages are missing: apt-get install '
            f'{" ".join(absent)}'
        )


def install(
    packages: Sequence[str], *, log: pathlib.Path, deadline: float
) -> None:
    """Install what is missing, without a question.

    :raises LevelNotRun: apt-get failed
    """
    absent = missing(packages)
    if not absent:
        return
    env = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    install_argv = [
        'apt-get',
        'install',
        '-y',
        '--no-install-recommends',
        *absent,
    ]
    with quickstart_package.services_kept_from_starting():
        for argv in (['apt-get', 'update'], install_argv):
            command.check(argv, log=log, deadline=deadline, env=env)
