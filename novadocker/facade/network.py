"""The doors of a server's ports."""

from typing import Any

from novadocker import view
from novadocker.facade import rooms
from novadocker.ops import interfaces


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

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
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
