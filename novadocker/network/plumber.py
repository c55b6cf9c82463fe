"""Connect an instance to its ports, and disconnect it.

The host's side of a port is os-vif's work, the container's side is that of
``privsep``; the order between the two, and undoing, is here. This is the
only caller of os-vif. Which interface a port becomes is decided in ``plan``.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
from typing import Any

from nova import exception as nova_exception
from nova.network import os_vif_util
import os_vif
from os_vif import exception as os_vif_exception
from os_vif.objects import network as os_vif_network
from os_vif.objects import vif as os_vif_vif
from oslo_log import log as logging
from oslo_privsep import daemon as privsep_daemon

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.network import switch as network_switch
import novadocker.privsep.interface
import novadocker.privsep.link
import novadocker.privsep.netns
import novadocker.privsep.runtime_map

LOG = logging.getLogger(__name__)

# What plugging and unplugging fail with; all else is a mistake of ours.
_FAILURES = (
    os_vif_exception.ExceptionBase,
    exception.LinkFailed,
    exception.NetnsBroken,
    privsep_daemon.FailedToDropPrivileges,
)

# By vif_type, what to do about a port that this host cannot plug.
_NOT_HERE = {
    'binding_failed': 'Neutron could not bind it to this host: check that '
    'the agent of this host is alive (openstack network agent list) and '
    'serves its physical network',
    'unbound': 'Neutron has not bound it to a host: check that nova-compute '
    'and the Neutron agent of this host have the same value of host',
    'vhostuser': 'it is bound as vhostuser (DPDK), which a container cannot '
    'use: turn userspace vhost off on this host or use another network',
}


class Plumber:
    """Plug and unplug ports; each call may be repeated."""

    def __init__(
        self, runtime_map_dir: str, switch: network_switch.Switch
    ) -> None:
        self._map_dir = runtime_map_dir
        self._switch = switch

    def plug(
        self,
        instance: Any,
        network_info: Sequence[Any],
        nics: Sequence[model.Nic],
    ) -> None:
        """Make the namespace of an instance and plug all its ports into it.

        What is there already is repaired without an interruption. On failure
        what this call made is removed again, and nothing else.

        :raises VirtualInterfacePlugException: the sentence names the port
        """
        name = identity.netns_name(instance.uuid)
        with contextlib.ExitStack() as undo:
            with _failures('The instance gets no network namespace'):
                made = novadocker.privsep.netns.create(name)
            if made:
                _on_failure(undo, novadocker.privsep.netns.delete, name)
            for vif, nic in zip(network_info, nics, strict=True):
                self._plug(undo, instance, vif, nic)
            undo.pop_all()

    def plug_vif(self, instance: Any, vif: Any, nic: model.Nic) -> None:
        """Plug one port into the namespace that the instance has."""
        with contextlib.ExitStack() as undo:
            self._plug(undo, instance, vif, nic)
            undo.pop_all()

    def configure(self, instance: Any, nics: Sequence[model.Nic]) -> None:
        """Give ports that are plugged the addresses that they have now.

        What stays the same is not interrupted.

        :raises VirtualInterfacePlugException: the sentence names the port
        """
        for nic in nics:
            with _failures(f'Port {nic.port_id} cannot be set up'):
                _configure(nic, identity.netns_name(instance.uuid))

    def set_carrier(self, instance: Any, *, is_on: bool) -> None:
        """Give all ports of an instance a carrier, or take it away.

        Without one they neither answer nor send, and keep what they are set
        up with. ``plug`` gives it back. An instance without a namespace has
        none that could be taken.

        :raises VirtualInterfacePlugException: a port may have it or not
        """
        name = identity.netns_name(instance.uuid)
        with _failures('The carrier of the ports cannot be changed'):
            if is_on or name in novadocker.privsep.netns.names():
                novadocker.privsep.link.set_carrier(name, is_on=is_on)

    def announce(self, instance: Any) -> None:
        """Tell the neighbours of all ports where they are, once more.

        A failure is no reason to fail: they learn by asking, too.
        """
        try:
            novadocker.privsep.interface.announce(
                identity.netns_name(instance.uuid)
            )
        except _FAILURES as err:
            LOG.warning(
                'The ports were not announced; those who knew an address '
                'elsewhere may need a minute: %s',
                err,
                instance=instance,
            )

    def unplug(self, instance: Any, network_info: Sequence[Any]) -> None:
        """Unplug all ports; what is missing is fine.

        A port that fails does not keep the others plugged.
        """
        with contextlib.ExitStack() as rest:
            for vif in network_info:
                rest.callback(self.unplug_vif, instance, vif)

    def unplug_vif(self, instance: Any, vif: Any) -> None:
        """Unplug one port; a missing one is fine.

        :raises VirtualInterfaceUnplugException: it may still be plugged
        """
        try:
            try:
                _unplug_from_switch(instance, vif)
            finally:
                # Even where the switch does not answer.
                novadocker.privsep.link.delete(vif['devname'])
        except _FAILURES as err:
            raise nova_exception.VirtualInterfaceUnplugException(
                reason=f'port {vif["id"]}: {_reason(err)}'
            ) from err

    def unplug_rest(self, instance: Any) -> None:
        """Unplug what the switch has of an instance and Nova does not know.

        Nova forgets the ports of a server that is deleted while its host is
        taken for down, and has it destroyed later, without a port.

        :raises VirtualInterfaceUnplugException: it may still be plugged
        """
        try:
            for port in self._switch.ports_of(instance.uuid):
                LOG.warning(
                    'Unplugging port %s, which Nova does not know',
                    port.port_id,
                    instance=instance,
                )
                os_vif.unplug(
                    _forgotten(port),
                    os_vif_util.nova_to_osvif_instance(instance),
                )
                novadocker.privsep.link.delete(identity.devname(port.port_id))
        except (*_FAILURES, exception.SwitchUnreadable) as err:
            raise nova_exception.VirtualInterfaceUnplugException(
                reason=f'ports of the server: {_reason(err)}'
            ) from err

    def remove_netns(self, instance_uuid: str) -> None:
        """Remove the namespace of an instance; a missing one is fine."""
        novadocker.privsep.netns.delete(identity.netns_name(instance_uuid))

    def instances(self) -> set[str]:
        """List the instances that have a namespace, by uuid."""
        return set(
            filter(
                None,
                map(identity.uuid_of_netns, novadocker.privsep.netns.names()),
            )
        )

    def mapped_containers(self) -> set[str]:
        """List the containers that nova-runtime knows, by id."""
        ids = novadocker.privsep.runtime_map.container_ids(self._map_dir)
        return set(ids)

    def map(
        self, container_id: str, instance_uuid: str, rescued_id: str = ''
    ) -> None:
        """Tell nova-runtime which namespace a container belongs to.

        :param rescued_id: the stopped container of the same instance whose
            root it shall see, if any
        """
        name = identity.netns_name(instance_uuid)
        if rescued_id:
            novadocker.privsep.runtime_map.write_rescue(
                self._map_dir, container_id, name, rescued_id
            )
        else:
            novadocker.privsep.runtime_map.write(
                self._map_dir, container_id, name
            )

    def unmap(self, container_id: str) -> None:
        """Let nova-runtime forget a container; a missing one is fine."""
        novadocker.privsep.runtime_map.remove(self._map_dir, container_id)

    def unmap_instance(self, instance_uuid: str) -> tuple[str, ...]:
        """Let nova-runtime forget all containers of an instance.

        :returns: their ids
        """
        return novadocker.privsep.runtime_map.remove_all(
            self._map_dir, identity.netns_name(instance_uuid)
        )

    def _plug(
        self,
        undo: contextlib.ExitStack,
        instance: Any,
        vif: Any,
        nic: model.Nic,
    ) -> None:
        os_vif_port = _os_vif_port(vif)
        name = identity.netns_name(instance.uuid)
        with _failures(_cannot_be_plugged(nic.port_id)):
            # Before the switch is told: os-vif takes a device that is there,
            # and one that is not would only be logged by Open vSwitch.
            if novadocker.privsep.link.create_veth(
                nic.devname, name, nic.name, nic.mac, nic.mtu
            ):
                _on_failure(undo, self.unplug_vif, instance, vif)
            os_vif.plug(
                os_vif_port, os_vif_util.nova_to_osvif_instance(instance)
            )
            if nic.hybrid_bridge is not None:
                novadocker.privsep.link.enslave(nic.devname, nic.hybrid_bridge)
            # Last, so that its first packets find the way into the switch.
            _configure(nic, name)


def _configure(nic: model.Nic, netns_name: str) -> None:
    novadocker.privsep.interface.configure(
        nic.devname,
        netns_name,
        mac=nic.mac,
        mtu=nic.mtu,
        addresses=nic.addresses,
        routes=[(each.destination, each.gateway) for each in nic.routes],
        accept_ra=nic.accept_ra,
        tx_checksum=not nic.userspace_datapath,
    )


def _os_vif_port(vif: Any) -> Any:
    """Translate a VIF for os-vif.

    :raises VirtualInterfacePlugException: this host cannot plug it; another
        one may
    :raises PortUnusable: no container can use such a port
    """
    kind = vif['type']
    if kind in _NOT_HERE:
        raise nova_exception.VirtualInterfacePlugException(
            f'{_cannot_be_plugged(vif["id"])}: {_NOT_HERE[kind]}'
        )
    if (kind, vif['vnic_type']) != ('ovs', 'normal'):
        raise exception.PortUnusable(
            port=vif['id'],
            reason=f'vif_type {kind} with vnic_type {vif["vnic_type"]} is not '
            'made for containers: use a port of ML2/OVS or ML2/OVN with '
            'vnic_type normal',
        )
    port = os_vif_util.nova_to_osvif_vif(vif)
    profile = port.port_profile
    profile.create_port = True
    # The veth takes the place of the tap. Older os-vif has no such field.
    if 'create_tap' in profile.fields:
        profile.create_tap = False
    return port


def _unplug_from_switch(instance: Any, vif: Any) -> None:
    try:
        port = _os_vif_port(vif)
    except nova_exception.VirtualInterfacePlugException as err:
        # It never was plugged, or is no longer bound: only the device can
        # be left of it.
        LOG.debug('No switch to unplug from: %s', err, instance=instance)
        return
    os_vif.unplug(port, os_vif_util.nova_to_osvif_instance(instance))


def _forgotten(port: network_switch.SwitchPort) -> Any:
    """Say of a port what os-vif needs to unplug it, be it hybrid or not."""
    return os_vif_vif.VIFOpenVSwitch(
        id=port.port_id,
        vif_name=port.name,
        plugin='ovs',
        network=os_vif_network.Network(bridge=port.bridge),
        port_profile=os_vif_vif.VIFPortProfileOpenVSwitch(
            interface_id=port.port_id
        ),
    )


def _cannot_be_plugged(port_id: str) -> str:
    return f'Port {port_id} cannot be plugged'


@contextlib.contextmanager
def _failures(what: str) -> Iterator[None]:
    try:
        yield
    except _FAILURES as err:
        raise nova_exception.VirtualInterfacePlugException(
            f'{what}: {_reason(err)}'
        ) from err


def _reason(err: Exception) -> str:
    """Say why, without the dump of the whole VIF that os-vif puts first.

    Nova cuts what a user sees at 255 characters.
    """
    return str(getattr(err, 'kwargs', {}).get('err') or err)


def _on_failure(
    undo: contextlib.ExitStack, deed: Callable[..., object], *args: object
) -> None:
    undo.callback(_undo, deed, *args)


def _undo(deed: Callable[..., object], *args: object) -> None:
    try:
        deed(*args)
    except Exception:
        # Undoing: the failure that led here is the one to report, and what
        # could be left is found again by name.
        LOG.exception('Undoing a failed plug left something behind')
