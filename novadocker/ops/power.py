"""The stories of power: off, on, reboot, pause. None of them touches data."""

from collections.abc import Sequence
import contextlib
from typing import Any

from nova import exception as nova_exception
from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import confinement
from novadocker.ops import locks
from novadocker.ops import names
from novadocker.ops import orphan
from novadocker.ops import removing
from novadocker.ops import silence
from novadocker.ops import starting
from novadocker.ops import suspension
from novadocker.ops import tools as ops_tools
from novadocker.ops import volumes
from novadocker.spec import security
from novadocker.volume import request

LOG = logging.getLogger(__name__)


def power_off(
    tools: ops_tools.Tools, instance: Any, *, timeout_s: int
) -> None:
    """Stop a server.

    :param timeout_s: seconds that its command has to end by itself; 0 kills
    :raises ContainerNotFound: it has no container
    :raises nova.exception.InstancePowerOffFailure: it is still running
    """
    with locks.instance_lock(instance.uuid):
        bring_down(tools, instance, timeout_s=timeout_s)
    LOG.info('Stopped', instance=instance)


def power_on(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
    attached: Sequence[request.Volume] = (),
) -> None:
    """Start a server, with all that a reboot of its host has taken away.

    :param attached: the volumes of the server

    :raises ContainerNotFound: it has no container; absence is no success
    :raises ContainerExited: its command ended at once; the server is stopped
    """
    with locks.instance_lock(instance.uuid):
        role = ops_tools.role_of(instance)
        bring_up(tools, instance, view, network_info, role, attached)
    LOG.info('Started', instance=instance)


def reboot(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
    *,
    is_hard: bool,
    timeout_s: int = 0,
    attached: Sequence[request.Volume] = (),
) -> None:
    """Stop and start a server, whatever state it is in.

    :param is_hard: the one that operators use as a repair: kill the server,
        and make its network anew if that cannot be set right
    :param timeout_s: of a soft one, as for power_off
    """
    with locks.instance_lock(instance.uuid):
        role = ops_tools.role_of(instance)
        if role is not model.Role.RESCUE:
            # Before it is stopped and could not start again.
            volumes.require_possible(tools, attached)
        bring_down(tools, instance, timeout_s=0 if is_hard else timeout_s)
        if is_hard:
            repair_network(tools, instance, view, network_info)
        bring_up(tools, instance, view, network_info, role, attached)
    LOG.info('Rebooted', instance=instance)


def pause(tools: ops_tools.Tools, instance: Any) -> None:
    """Freeze a server's processes, and let its ports fall silent."""
    with locks.instance_lock(instance.uuid):
        # What is left of an earlier suspension would make it one.
        suspension.forget(tools, instance.uuid)
        tools.engine.pause(ops_tools.find(tools, instance.uuid).id)
        silence.begin(tools, instance)


def unpause(tools: ops_tools.Tools, instance: Any) -> None:
    """Thaw a server's processes.

    :raises nova.exception.VirtualInterfacePlugException: they would have no
        network
    """
    with locks.instance_lock(instance.uuid):
        container = ops_tools.find(tools, instance.uuid)
        silence.end(tools, instance)
        tools.engine.unpause(container.id)


def repair_network(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
) -> None:
    """Set the network right without taking away what is.

    A port that is plugged anew is dead until the agent of Neutron has seen
    it. A privileged server could have changed anything in there.
    """
    if not security.security(view.flavor.extra_specs).privileged:
        try:
            nics = ops_tools.nics(tools, network_info)
            tools.plumber.plug(instance, network_info, nics)
        except nova_exception.VirtualInterfacePlugException as err:
            LOG.warning('Making the network anew: %s', err, instance=instance)
        else:
            return
    tools.plumber.unplug(instance, network_info)
    tools.plumber.remove_netns(instance.uuid)


def bring_down(
    tools: ops_tools.Tools, instance: Any, *, timeout_s: int
) -> None:
    """Stop a server whose lock is held, as ``power_off`` does."""
    container = ops_tools.current(tools, instance)
    if container.state is model.ContainerState.PAUSED:
        # A frozen process cannot answer a signal, not even SIGKILL.
        tools.engine.unpause(container.id)
        suspension.forget(tools, instance.uuid)
    if container.state.is_live:
        if timeout_s:
            tools.engine.stop(container.id, timeout_s)
        else:
            # It may have ended by itself meanwhile; the look below decides.
            with contextlib.suppress(exception.ContainerConflict):
                tools.engine.kill(container.id)
    elif ops_tools.role_of(instance) is model.Role.WORKLOAD:
        # Of a rescue that Nova gave up.
        removing.remove_rescue(tools, instance.uuid)
    orphan.end(container.id)
    if ops_tools.current(tools, instance).state.is_live:
        raise nova_exception.InstancePowerOffFailure(
            reason='the container is still running after SIGKILL'
        )
    silence.begin(tools, instance)


def bring_up(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
    role: model.Role,
    attached: Sequence[request.Volume] = (),
) -> None:
    """Start a server whose lock is held, as ``power_on`` does.

    :param role: which of its containers; one that rescues has no volumes
    """
    container = ops_tools.find(tools, instance.uuid, role)
    if container.state.is_live:
        return
    rescued_id = ''
    if role is model.Role.RESCUE:
        rescued_id = ops_tools.find(tools, instance.uuid).id
    else:
        # Two must never write to one root.
        removing.remove_rescue(tools, instance.uuid)
    confinement.confine(tools, container)
    names.write(tools, view, network_info)
    nics = ops_tools.nics(tools, network_info)
    tools.plumber.plug(instance, network_info, nics)
    tools.plumber.map(container.id, instance.uuid, rescued_id)
    mounts: list[model.VolumeMount] = []
    if role is not model.Role.RESCUE:
        mounts = volumes.bring_back(tools, container.id, attached)
    tools.wiring.wait(instance, network_info)
    starting.start(tools, container.id)
    starting.check(
        tools.engine, container.id, check_ms=tools.settings.start_check_ms
    )
    if mounts:
        volumes.fill(tools, container.id, mounts)
