"""The doors of what is measured of a server."""

import time
from typing import Any

from nova.virt import configdrive

from novadocker.facade import rooms
from novadocker.network import counters
from novadocker.ops import suspension
from novadocker.ops import tools as ops_tools
from novadocker.state import diagnostics


class Diagnostics(rooms.Rooms):
    """What a server uses, now and since it was started."""

    def get_diagnostics(self, instance: Any) -> dict[str, Any]:
        return diagnostics.legacy_of(self._measured(instance))

    def get_instance_diagnostics(self, instance: Any) -> Any:
        return diagnostics.diagnostics_of(self._measured(instance))

    @rooms.in_nova_words
    def _measured(self, instance: Any) -> diagnostics.Measured:
        container = ops_tools.current(self._tools, instance)
        is_live = container.state.is_live
        return diagnostics.Measured(
            power_state=suspension.power_state_of(
                self._tools, container, instance.uuid
            ),
            uptime_s=int(time.time() - container.started_s) if is_live else 0,
            vcpus=instance.flavor.vcpus,
            has_config_drive=bool(configdrive.required_by(instance)),
            usage=self._engine.statistics(container.id),
            vifs=instance.get_network_info() or (),
            nics=counters.by_device(),
        )
