"""Puts nova-runtime where the engine will look for it.

It is replaced by rename and never removed: while there are containers of
ours the engine needs it for every pause, exec and stop.
"""

import contextlib
import json
import os
import pathlib
import shutil
import stat
import tempfile

from novadocker.runtime import wrapper

DEFAULT_PATH = '/usr/libexec/nova-docker/nova-runtime'
_SOURCE = pathlib.Path(wrapper.__file__)
_MODE = 0o755


def install(path: str = DEFAULT_PATH) -> bool:
    """Install the wrapper, or replace another version of it.

    :returns: whether anything had to be changed
    :raises PermissionError: someone else than root could replace it there
    """
    target = pathlib.Path(os.path.abspath(path))
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    for folder in target.parents:
        _refuse_foreign(folder)
    if _is_installed(target):
        return False
    with contextlib.ExitStack() as undo:
        # In the same folder, so that the rename is one step.
        fd, temporary = tempfile.mkstemp(dir=target.parent)
        undo.callback(os.unlink, temporary)
        with open(fd, 'wb') as file, _SOURCE.open('rb') as source:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            os.fsync(file.fileno())
        os.rename(temporary, target)
        undo.pop_all()
    return True


def daemon_json(
    name: str,
    path: str = DEFAULT_PATH,
    *,
    map_dir: str | None = None,
    runc: str | None = None,
) -> str:
    """Give what the engine's daemon.json has to say of the wrapper.

    :param map_dir: folder of the runtime map, if it is not the default one
    :param runc: program that the wrapper calls, if it is not the system's
    """
    arguments = {'--nova-map-dir': map_dir, '--nova-runc': runc}
    runtime: dict[str, object] = {'path': path}
    given = [f'{key}={value}' for key, value in arguments.items() if value]
    if given:
        runtime['runtimeArgs'] = given
    return json.dumps({'runtimes': {name: runtime}}, indent=4)


def _is_installed(target: pathlib.Path) -> bool:
    try:
        status = target.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISREG(status.st_mode)
        and stat.S_IMODE(status.st_mode) == _MODE
        and status.st_uid == 0
        and target.read_bytes() == _SOURCE.read_bytes()
    )


def _refuse_foreign(folder: pathlib.Path) -> None:
    """Refuse a folder in which others could replace what root put there."""
    status = folder.lstat()
    is_shared = bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    # Where the sticky bit is set, as in /tmp, only owners replace.
    is_sticky = bool(status.st_mode & stat.S_ISVTX)
    if status.st_uid != 0 or (is_shared and not is_sticky):
        raise PermissionError(
            f'{folder} may be written by others than root: the engine would '
            'run as root what they put there'
        )
