"""What Open vSwitch and its agents have written down about ports.

Nothing is changed here; that is os-vif's work.
"""

from collections.abc import Callable
import functools
from typing import Any
from typing import NamedTuple

from vif_plug_ovs import constants as ovs_constants
from vif_plug_ovs.ovsdb import ovsdb_lib

from novadocker import exception

# What os-vif writes down of a port's instance.
_OWNER = 'vm-uuid'


class SwitchPort(NamedTuple):
    """A port as the switch has it.

    :ivar name: of its device, which for a hybrid port is not the server's
    """

    port_id: str
    name: str
    bridge: str


class Switch:
    """The database of Open vSwitch, over the connection that os-vif has.

    :param settings: gives os-vif's options of Open vSwitch
    """

    def __init__(self, settings: Callable[[], Any]) -> None:
        self._settings = settings

    @functools.cached_property
    def _ovsdb(self) -> Any:
        return ovsdb_lib.BaseOVS(self._settings()).ovsdb

    def is_wired(self, port: str) -> bool:
        """Tell whether an agent is done with a port of the switch.

        :source: ``ovn-installed`` in ovn-controller(8); Neutron's agent gives
            a port its network's tag, os-vif one that is dead
        """
        # What it has not seen yet has neither.
        external_ids = self._get('Interface', port, 'external_ids') or {}
        tag = self._get('Port', port, 'tag')
        is_installed = external_ids.get('ovn-installed') == 'true'
        return is_installed or tag not in (None, [], ovs_constants.DEAD_VLAN)

    def ports_of(self, instance_uuid: str) -> list[SwitchPort]:
        """List the ports that os-vif has plugged for an instance.

        :raises SwitchUnreadable: the switch does not answer
        """
        try:
            return self._ports(('external_ids', '=', {_OWNER: instance_uuid}))
        except Exception as err:  # whatever the client of the switch raises
            raise exception.SwitchUnreadable(reason=str(err)) from err

    def _ports(self, condition: tuple[str, str, Any]) -> list[SwitchPort]:
        found = self._run(
            self._ovsdb.db_find(
                'Interface', condition, columns=['name', 'external_ids']
            )
        )
        return [
            SwitchPort(
                port_id=row['external_ids']['iface-id'],
                name=row['name'],
                bridge=self._run(self._ovsdb.iface_to_br(row['name'])),
            )
            for row in found
        ]

    def _get(self, table: str, name: str, column: str) -> Any:
        rows = self._run(
            self._ovsdb.db_list(
                table, [name], columns=[column], if_exists=True
            )
        )
        return rows[0][column] if rows else None

    def _run(self, command: Any) -> Any:
        return command.execute(check_error=True, log_errors=False)
