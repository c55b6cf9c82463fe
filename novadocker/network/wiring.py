"""Wait until an agent has wired ports that were plugged anew.

Neutron's events do not tell: none reaches a nova-compute that is starting,
and a port that never was down for Neutron may send none at all. What an agent
leaves at a port in the database of Open vSwitch does.
"""

from collections.abc import Callable
from collections.abc import Iterable
import time
from typing import Any

from oslo_log import log as logging

LOG = logging.getLogger(__name__)

_LOOK_S = 0.1


class Wiring:
    """Waits for agents, each time not for long and never in vain for ever.

    :param is_wired: looks at a port, by its name on the switch
    :param within_s: how long a server may have to wait; 0 turns waiting off
    """

    def __init__(
        self,
        is_wired: Callable[[str], bool],
        *,
        within_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._is_wired = is_wired
        self._within_s = within_s
        self._clock = clock
        self._sleep = sleep
        # After a host's reboot one server after the other would wait for an
        # agent that does not come.
        self._has_given_up = False

    def wait(self, instance: Any, network_info: Iterable[Any]) -> None:
        """Wait until all ports are wired, or it is taking too long.

        That is no failure: the server starts, and its network comes later.
        """
        if not self._within_s:
            return
        try:
            is_in_time = self._await([_switch_port(v) for v in network_info])
        except Exception as err:  # whatever the client of the switch raises
            LOG.warning(
                'The switch did not tell whether its agent has wired the '
                'ports; starting all the same: %s',
                err,
                instance=instance,
            )
            return
        if not is_in_time:
            LOG.warning(
                'The agent of this host has not wired the ports; starting '
                'all the same',
                instance=instance,
            )
        self._has_given_up = not is_in_time

    def _await(self, ports: list[str]) -> bool:
        deadline = self._clock() + self._within_s
        while not all(map(self._is_wired, ports)):
            if self._has_given_up or self._clock() >= deadline:
                return False
            self._sleep(_LOOK_S)
        return True


def _switch_port(vif: Any) -> str:
    """Name a port as the switch has it; os-vif does the same."""
    if (vif['details'] or {}).get('ovs_hybrid_plug'):
        return f'qvo{vif["id"]}'[:14]
    return str(vif['devname'])
