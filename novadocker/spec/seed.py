"""Pure: what is put into a container before its first instruction.

The names of seeds end in a tar that the engine unpacks with the container's
root for its own, so that nothing in an image leads out of it. A seed takes
the place of whatever the image has there, be it a symbolic link.
"""

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
import io
import tarfile

from novadocker import exception
from novadocker import model
from novadocker import option
from novadocker.spec import account as spec_account

SSH_FOLDER = '.ssh'
AUTHORIZED_KEYS = f'{SSH_FOLDER}/authorized_keys'

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
# The command may run as anybody.
_INJECTED_MODE = 0o644
# Nova's quotas allow 5 files of 10 KiB, unless an operator lifts them.
_MAX_INJECTED = 1000
_MAX_INJECTED_BYTES = 16 * 1024**2


def key_seeds(
    account: spec_account.Account, public_key: str, present: bytes
) -> tuple[model.Seed, ...]:
    """Let a key pair into an account; paths begin at its home.

    :param present: the account's authorized_keys(5) so far
    """
    return (
        model.Seed(SSH_FOLDER, _FOLDER_MODE, account.uid, account.gid),
        model.Seed(
            AUTHORIZED_KEYS,
            _FILE_MODE,
            account.uid,
            account.gid,
            _with_key(present, public_key.strip().encode()),
        ),
    )


def is_ssh_key(public_key: str) -> bool:
    """Tell keys of sshd(8) from Nova's other kind, certificates in PEM."""
    return bool(public_key.strip()) and '-----BEGIN' not in public_key


def file_seeds(
    files: Sequence[tuple[str, bytes]], taken: Collection[str]
) -> tuple[model.Seed, ...]:
    """Take the files that the request for a server brought.

    :param taken: paths at which something of the host's is mounted
    :raises InjectedFileRefused: one has no path inside of a container
    """
    size = sum(len(content) for _, content in files)
    if len(files) > _MAX_INJECTED or size > _MAX_INJECTED_BYTES:
        raise exception.InjectedFileRefused(
            path=option.shown(files[0][0]),
            reason=f'a server takes {_MAX_INJECTED} files and '
            f'{_MAX_INJECTED_BYTES} bytes at most',
        )
    return tuple(
        model.Seed(_inside(path, taken), _INJECTED_MODE, content=content)
        for path, content in files
    )


def archive(seeds: Iterable[model.Seed], *, time_s: int) -> bytes:
    """Pack seeds for the engine to unpack.

    :param time_s: when they are made
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as tar:
        for seed in seeds:
            entry = tarfile.TarInfo(seed.path)
            entry.mode, entry.mtime = seed.mode, time_s
            entry.uid, entry.gid = seed.uid, seed.gid
            if seed.content is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(seed.content)
            tar.addfile(entry, io.BytesIO(seed.content or b''))
    return stream.getvalue()


def _inside(path: str, taken: Collection[str]) -> str:
    """Give a path as it is seen from the root of the container."""
    parts = [part for part in path.split('/') if part not in ('', '.')]
    found = '/'.join(parts)
    reason = ''
    if not path.isprintable():
        reason = 'its path has control characters or is no UTF-8'
    elif not parts or path.endswith(('/', '/.')):
        reason = 'its path is that of a folder'
    elif '..' in parts:
        reason = 'its path has ".." in it'
    elif any(_is_in(f'/{found}', each) for each in taken):
        reason = 'Nova writes what is there'
    elif any(_is_in(each, f'/{found}') for each in taken):
        reason = 'its path is that of a folder of Nova'
    if reason:
        raise exception.InjectedFileRefused(
            path=option.shown(path), reason=reason
        )
    return found


def _is_in(path: str, folder: str) -> bool:
    return f'{path}/'.startswith(f'{folder}/')


def _with_key(present: bytes, key: bytes) -> bytes:
    lines = present.splitlines()
    # A server that is made anew from its own snapshot has it already.
    if key in lines:
        return present
    return b'\n'.join([*lines, key]) + b'\n'
