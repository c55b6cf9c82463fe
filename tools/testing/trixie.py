"""A root file system of Debian 13, for the newer of our two engines.

Debian 12 has Docker 20.10, Debian 13 has 26.1: the ends of what we claim.
tests/fixtures/engine_root.py says how an engine is run from it.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess

from tools.testing import command
from tools.testing import failure

SUITE = 'trixie'
# The runtime wrapper is run by the root's own Python.
PACKAGES = ('docker.io', 'containerd', 'runc', 'tini', 'python3-minimal')
OPTIONS = ('--variant=minbase', f'--include={",".join(PACKAGES)}')
# What tells the tests' fixtures where the engine is.
VARIABLE = 'NOVA_DOCKER_TEST_ENGINE_ROOT'


def ensure(root: pathlib.Path, *, log: pathlib.Path, deadline: float) -> bool:
    """Make the root, unless one of the same recipe is there.

    :returns: whether it had to be made
    :raises LevelNotRun: the machine names no mirror, or debootstrap failed
    """
    stamp = root / 'stamp'
    recipe = json.dumps([SUITE, OPTIONS])
    print_of = hashlib.sha256(recipe.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == print_of:
        return False
    shutil.rmtree(root, ignore_errors=True)
    # Whatever debootstrap mounts, and however it ends: the mounts go with it.
    argv = ['unshare', '--mount', 'debootstrap', *OPTIONS]
    command.check(
        [*argv, SUITE, str(root), mirror()], log=log, deadline=deadline
    )
    _tell_version(root, log=log, deadline=deadline)
    stamp.write_text(print_of)
    return True


def mirror() -> str:
    """Give the mirror of Debian that this machine's apt uses.

    :raises LevelNotRun: it uses none
    """
    argv = ['apt-get', 'indextargets', '--format', '$(REPO_URI)']
    # The label leaves out debian-security, the origin what is not Debian's.
    argv += ['Created-By: Packages', 'Origin: Debian', 'Label: Debian']
    found = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    if not found.stdout.strip():
        raise failure.LevelNotRun(
            f'apt knows no mirror of Debian to get {SUITE} from: run '
            f'apt-get update'
        )
    return found.stdout.split()[0]


def _tell_version(
    root: pathlib.Path, *, log: pathlib.Path, deadline: float
) -> None:
    """Log what was installed, which is also whether it can be run."""
    argv = ['chroot', str(root), 'dockerd', '--version']
    command.check(argv, log=log, deadline=deadline)
