"""The story of a server's ports: attach, detach, change, repair.

A running container sees a device come or go at once. A stopped one keeps its
namespace with the ports in it, so they come and go there; all that a reboot
of the host has taken away comes back when the server starts.
"""

from collections.abc import Sequence
from typing import Any

from nova import exception as nova_exception
from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import locks
from novadocker.ops import names
from novadocker.ops import silence
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing

LOG = logging.getLogger(__name__)


def attach(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    vif: Any,
    others: Sequence[Any],
) -> None:
    """Plug one more port into a server, or leave it as it was.

    :param others: the ports that the server has already
    :raises ContainerNotFound: it has no container
    :raises nova.exception.VirtualInterfacePlugException: the sentence names
        the port
    :raises nova.exception.InterfaceAttachFailed: its names were not written
    """
    with locks.instance_lock(instance.uuid), undoing.Undo() as undo:
        container = ops_tools.current(tools, instance)
        undo.add(_bring_in_line, tools, container, instance, view, others)
        undo.add(tools.plumber.unplug_vif, instance, vif)
        _plug(tools, container, instance, vif, others)
        try:
            _bring_in_line(tools, container, instance, view, [*others, vif])
        except OSError as err:
            # Nova takes the port back only for errors of its own kind.
            raise nova_exception.InterfaceAttachFailed(
                f'The names of the server cannot be written: {err}'
            ) from err
        undo.pop_all()
    LOG.info('Attached port %s', vif['id'], instance=instance)


def detach(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    vif: Any,
    others: Sequence[Any],
) -> None:
    """Unplug one port of a server; a port that is gone is fine.

    :param others: the ports that the server keeps
    :raises nova.exception.VirtualInterfaceUnplugException: it may still be
        plugged
    """
    with locks.instance_lock(instance.uuid):
        tools.plumber.unplug_vif(instance, vif)
        try:
            container = ops_tools.current(tools, instance)
            _bring_in_line(tools, container, instance, view, others)
        except exception.ContainerNotFound:
            LOG.warning('It has no container', instance=instance)
        except (nova_exception.NovaException, OSError) as err:
            # The port is gone, and Nova has to know that.
            LOG.warning(
                'The ports that are left could not be set up again; a hard '
                'reboot will: %s',
                err,
                instance=instance,
            )
    LOG.info('Detached port %s', vif['id'], instance=instance)


def refresh(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Sequence[Any],
) -> None:
    """Give a server the addresses, routes and names of its ports now.

    :raises ContainerNotFound: it has no container
    :raises nova.exception.VirtualInterfacePlugException: the sentence names
        the port
    """
    with locks.instance_lock(instance.uuid):
        container = ops_tools.current(tools, instance)
        _bring_in_line(tools, container, instance, view, network_info)
    LOG.info('Changed its addresses', instance=instance)


def repair(
    tools: ops_tools.Tools, instance: Any, network_info: Sequence[Any]
) -> None:
    """Plug what is not plugged; what is there is not interrupted."""
    with locks.instance_lock(instance.uuid):
        nics = ops_tools.nics(tools, network_info)
        tools.plumber.plug(instance, network_info, nics)
        try:
            container = ops_tools.current(tools, instance)
        except nova_exception.NovaException as err:
            # Of that, who asks for the server itself complains.
            LOG.debug('Its state is unknown: %s', err, instance=instance)
        else:
            silence.keep(tools, instance, container)


def _plug(
    tools: ops_tools.Tools,
    container: model.Container,
    instance: Any,
    vif: Any,
    others: Sequence[Any],
) -> None:
    ports = [*others, vif]
    nics = ops_tools.nics(tools, ports)
    if container.state.is_live:
        # NOTE: not plug(): it would make a namespace that is missing, and
        # the port would be plugged where no process of the container is.
        tools.plumber.plug_vif(instance, vif, nics[-1])
    else:
        tools.plumber.plug(instance, ports, nics)
    silence.keep(tools, instance, container)


def _bring_in_line(
    tools: ops_tools.Tools,
    container: model.Container,
    instance: Any,
    view: model.Instance,
    network_info: Sequence[Any],
) -> None:
    """Set up names, addresses and routes as these ports have them."""
    names.write(tools, view, network_info)
    if container.state.is_live:
        nics = ops_tools.nics(tools, network_info)
        tools.plumber.configure(instance, nics)
