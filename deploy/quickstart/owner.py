"""Whose the machine is: the fixed names belong to one home at a time.

Bridges, the agents' namespaces, the management device, the runtime map, the
routes and the sudoers file have the same names whichever home made them. The
record says which home that is, from before the first of them is made until
``down`` has removed them. It lies in /run: they do not survive a boot either.

Nothing but the record is touched here.
"""

import contextlib
import os
import pathlib
import tempfile

from deploy.quickstart import exception
from deploy.quickstart import home as home_module

_FOLDER = pathlib.Path('/run/nova-docker-quickstart')


def read() -> pathlib.Path | None:
    """Give the home that has the machine, ``None`` if none has."""
    try:
        text = _record().read_text().strip()
    except FileNotFoundError:
        return None
    return pathlib.Path(text) if text else None


def is_ours(home: home_module.Home) -> bool:
    """Tell whether this home has the machine."""
    return read() == home.path


def rival(home: home_module.Home) -> pathlib.Path | None:
    """Give the other home that has the machine; one that is gone has not."""
    found = read()
    if found is None or found == home.path or not found.exists():
        return None
    return found


def require_free(home: home_module.Home) -> None:
    """Refuse where another home has the machine.

    :raises PreconditionMissing: with the command that sets it free
    """
    found = rival(home)
    if found is not None:
        raise _refusal(found)


def claim(home: home_module.Home) -> None:
    """Take the machine for this home, also from one that is gone.

    :raises PreconditionMissing: another home has it, or was faster
    """
    require_free(home)
    if is_ours(home):
        return
    _record().unlink(missing_ok=True)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    # A link fails where a file is, and the file is whole when it appears.
    with tempfile.NamedTemporaryFile('w', dir=_FOLDER) as file:
        file.write(f'{home.path}\n')
        file.flush()
        # Whose it is, everybody may know.
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
        try:
            os.link(file.name, _record())
        except FileExistsError as err:
            raise _refusal(read()) from err


def release(home: home_module.Home) -> None:
    """Give the machine back, if this home has it."""
    if is_ours(home):
        _record().unlink()
        with contextlib.suppress(OSError):  # another claims it already
            _FOLDER.rmdir()


def _refusal(found: pathlib.Path | None) -> exception.PreconditionMissing:
    return exception.PreconditionMissing(
        f'The cloud in {found} has this machine: stop it with '
        f'`NOVA_DOCKER_HOME={found} tools/quickstart down`.'
    )


def _record() -> pathlib.Path:
    return _FOLDER / 'owner'
