"""What a server is given to know whose it is, before its first instruction.

It is written into the container that the engine has created and not yet
started. The engine does the writing, with the container's root for its own;
nothing is looked up on the host.
"""

import time
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker.ops import tools as ops_tools
from novadocker.spec import account as spec_account
from novadocker.spec import seed

LOG = logging.getLogger(__name__)

_ACCOUNTS = '/etc/passwd'
# A host with thousands of users has less.
_MAX_ACCOUNTS_BYTES = 1024**2
_MAX_KEYS_BYTES = 256 * 1024


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
