"""The story of a delete, the only one that removes a server's data."""

import contextlib
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker.ops import locks
from novadocker.ops import names
from novadocker.ops import tools as ops_tools

LOG = logging.getLogger(__name__)


def destroy(
    tools: ops_tools.Tools,
    instance: Any,
    network_info: Any,
    *,
    keep_data: bool = False,
) -> None:
    """Remove a server: container, ports, namespace, files.

    Whatever of it is missing already is fine: a delete that was interrupted
    is finished by the next one.

    :param keep_data: leave the container, stopped and without network
    """
    with locks.instance_lock(instance.uuid):
        _remove_container(tools, instance, keep_data=keep_data)
        tools.plumber.unplug(instance, network_info)
        tools.plumber.remove_netns(instance.uuid)
        if not keep_data:
            names.remove(tools, instance.uuid)
    LOG.info('Destroyed', instance=instance)


def _remove_container(
    tools: ops_tools.Tools, instance: Any, *, keep_data: bool
) -> None:
    try:
        container = ops_tools.find(tools, instance.uuid)
        # First: if the service ends between the two, the next delete finds
        # the container again, but an entry alone nobody would find.
        tools.plumber.unmap(container.id)
        if not keep_data:
            tools.engine.remove(container.id, force=True)
        elif container.state.is_live:
            # It may have ended by itself meanwhile.
            with contextlib.suppress(exception.ContainerConflict):
                tools.engine.kill(container.id)
    except exception.ContainerNotFound:
        LOG.warning('It has no container to remove', instance=instance)
