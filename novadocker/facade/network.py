"""The doors of a server's ports."""

from typing import Any

from novadocker import view
from novadocker.facade import devices
from novadocker.facade import rooms
from novadocker.ops import interfaces
from novadocker.ops import undoing


class Network(rooms.Rooms):
    """The ports of a server."""

    def plug_vifs(self, instance: Any, network_info: Any) -> None:
        interfaces.repair(self._tools, instance, network_info)

    def unplug_vifs(self, instance: Any, network_info: Any) -> None:
        self._plumber.unplug(instance, network_info)

    @rooms.in_nova_words
    def attach_interface(
        self, context: Any, instance: Any, image_meta: Any, vif: Any
    ) -> None:
        interfaces.attach(
            self._tools,
            instance,
            view.instance_view(instance),
            vif,
            _other_ports(instance, vif),
        )
        if devices.has_tag(context, instance, vif['address']):
            with undoing.Undo() as undo:
                undo.add(self._detach, instance, vif)
                devices.describe_anew(context, instance)
                undo.pop_all()

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        self._detach(instance, vif)
        devices.forget_port(context, instance, vif['address'])

    def _detach(self, instance: Any, vif: Any) -> None:
        interfaces.detach(
            self._tools,
            instance,
            view.instance_view(instance),
            vif,
            _other_ports(instance, vif),
        )

    @rooms.in_nova_words
    def inject_network_info(self, instance: Any, nw_info: Any) -> None:
        interfaces.refresh(
            self._tools, instance, view.instance_view(instance), nw_info
        )


def _other_ports(instance: Any, vif: Any) -> list[Any]:
    return [
        each for each in instance.get_network_info() if each['id'] != vif['id']
    ]
