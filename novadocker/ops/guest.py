"""What a server is given to know whose it is, before its first instruction.

Keys and files are written into the container that the engine has created and
not yet started. The engine does the writing, with the container's root for
its own; nothing of it is looked up on the host. The config drive is a folder
of the host, so that no snapshot has it.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import time
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import tools as ops_tools
from novadocker.spec import account as spec_account
from novadocker.spec import builder
from novadocker.spec import seed
from novadocker.state import folder

LOG = logging.getLogger(__name__)

_ACCOUNTS = '/etc/passwd'
# A host with thousands of users has less.
_MAX_ACCOUNTS_BYTES = 1024**2
_MAX_KEYS_BYTES = 256 * 1024


def file_seeds(
    files: Sequence[tuple[str, bytes]], spec: model.ContainerSpec
) -> tuple[model.Seed, ...]:
    """Take the files of a request for a container.

    :raises InjectedFileRefused: one has no path in such a container
    """
    taken = {mount.target for mount in spec.mounts}
    return seed.file_seeds(files, taken)


def put(
    tools: ops_tools.Tools, container_id: str, seeds: Sequence[model.Seed]
) -> None:
    """Put files below the root of a container.

    :raises EngineError: it cannot take them: its root is read-only, or a
        file of the image is where a folder has to be
    """
    if seeds:
        archive = seed.archive(seeds, time_s=int(time.time()))
        tools.engine.unpack(container_id, '/', archive)


def write_drive(
    tools: ops_tools.Tools,
    instance_uuid: str,
    files: Iterable[tuple[str, bytes]],
) -> None:
    """Write the config drive of a server; it goes with the server's folder."""
    instances = tools.settings.instances_path
    home = folder.InstanceFolder(instances, instance_uuid)
    home.write_secrets(builder.CONFIG_DRIVE, files)


def let_in(
    tools: ops_tools.Tools, container_id: str, public_key: str, instance: Any
) -> None:
    """Let a key pair into the account that the container runs as.

    An image that has no such account or home is none that one logs in to: it
    boots without.

    :raises EngineUnavailable: the engine is away
    """
    if not seed.is_ssh_key(public_key):
        return
    account = _account(tools, container_id)
    if account is None:
        LOG.info('The image has no home for the public key', instance=instance)
        return
    engine = tools.engine
    try:
        present = engine.read_file(
            container_id,
            f'{account.home}/{seed.AUTHORIZED_KEYS}',
            _MAX_KEYS_BYTES,
        )
        seeds = seed.key_seeds(account, public_key, present or b'')
        archive = seed.archive(seeds, time_s=int(time.time()))
        engine.unpack(container_id, account.home, archive)
    except exception.EngineError as err:
        LOG.warning(
            'The server starts without its public key: %s',
            err,
            instance=instance,
        )


def _account(
    tools: ops_tools.Tools, container_id: str
) -> spec_account.Account | None:
    passwd = tools.engine.read_file(
        container_id, _ACCOUNTS, _MAX_ACCOUNTS_BYTES
    )
    if passwd is None:
        return None
    user = tools.engine.inspect(container_id).user
    return spec_account.find(passwd, spec_account.name_of(user))
