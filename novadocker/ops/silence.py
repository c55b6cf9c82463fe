"""A server that stands still has ports that do not answer.

The kernel answers pings and accepts connections for processes that are
frozen, and pings for those that are gone: others would take the server for
alive. So its ports lose their carrier. What it has set up in its namespace
stays, and Neutron's agent has nothing to wire again.
"""

from typing import Any

from nova import exception as nova_exception
from oslo_log import log as logging

from novadocker import model
from novadocker.ops import tools as ops_tools

LOG = logging.getLogger(__name__)


def begin(tools: ops_tools.Tools, instance: Any) -> None:
    """Silence the ports of a server that has stopped or is frozen.

    A failure does not make it run again, and so is none of its story.
    """
    try:
        tools.plumber.set_carrier(instance, is_on=False)
    except nova_exception.VirtualInterfacePlugException as err:
        LOG.warning('Its ports may still answer: %s', err, instance=instance)


def end(tools: ops_tools.Tools, instance: Any) -> None:
    """Let the ports of a server that is about to be thawed speak.

    :raises nova.exception.VirtualInterfacePlugException: it would run
        without its network
    """
    tools.plumber.set_carrier(instance, is_on=True)


def keep(
    tools: ops_tools.Tools, instance: Any, container: model.Container
) -> None:
    """Silence ports that were plugged into a server that stands still."""
    is_frozen = container.state is model.ContainerState.PAUSED
    if is_frozen or not container.state.is_live:
        begin(tools, instance)
