"""The story of a new password, told to the container's own chpasswd(8).

The password goes through standard input alone: what stands in a command or
an environment can be read in the engine and in the container.
"""

from typing import Any

from nova import exception as nova_exception
from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import locks
from novadocker.ops import tools as ops_tools
from novadocker.spec import account

LOG = logging.getLogger(__name__)

_COMMAND = ('chpasswd',)
_AS = '0:0'
# The API waits a minute for all of it.
_WITHIN_S = 20
# As a shell has it: what cannot be executed, and what is not there.
_NOT_THERE = (126, 127)


def change(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    new_password: str,
) -> None:
    """Set the password of the server's admin user.

    What chpasswd says is not told: one of a hostile image would say the
    password.

    :raises ContainerNotFound: it has no container
    :raises nova.exception.SetAdminPasswdNotSupported: the one error whose
        sentence Nova hands on to the user
    """
    if not new_password or not new_password.isprintable():
        # A new line would be the password of somebody else.
        raise _refusal('it is empty or has control characters')
    user = account.name_of(view.image_properties.get('os_admin_user', ''))
    with locks.instance_lock(instance.uuid):
        exit_code = _tell(
            tools, instance.uuid, f'{user}:{new_password}\n'.encode()
        )
    if exit_code in _NOT_THERE:
        raise _refusal('its image has no chpasswd')
    if exit_code != 0:
        raise _refusal(
            f'chpasswd ended with exit code {exit_code}; '
            f'is {user} a user of the image?'
        )
    LOG.info('The password of %s is set', user, instance=instance)


def _tell(tools: ops_tools.Tools, instance_uuid: str, text: bytes) -> int:
    container = ops_tools.find(tools, instance_uuid)
    try:
        return tools.engine.feed(
            container.id, _COMMAND, text, user=_AS, within_s=_WITHIN_S
        )
    except exception.ContainerConflict as err:
        raise _refusal('the server is not running') from err
    except exception.CommandTooSlow as err:
        raise _refusal(f'chpasswd did not end within {_WITHIN_S} s') from err


def _refusal(reason: str) -> nova_exception.SetAdminPasswdNotSupported:
    return nova_exception.SetAdminPasswdNotSupported(
        f'The password of the server was not set: {reason}'
    )
