"""Pure: what is put into a container before its first instruction.

The names of seeds end in a tar that the engine unpacks with the container's
root for its own, so that nothing in an image leads out of it. A seed takes
the place of whatever the image has there, be it a symbolic link.
"""

from collections.abc import Iterable
import io
import tarfile

from novadocker import model
from novadocker.spec import account as spec_account

SSH_FOLDER = '.ssh'
AUTHORIZED_KEYS = f'{SSH_FOLDER}/authorized_keys'

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


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


def _with_key(present: bytes, key: bytes) -> bytes:
    lines = present.splitlines()
    # A server that is made anew from its own snapshot has it already.
    if key in lines:
        return present
    return b'\n'.join([*lines, key]) + b'\n'
