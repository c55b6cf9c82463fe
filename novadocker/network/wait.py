"""Wait until Neutron has wired the ports of an instance."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
from typing import Any

from nova import exception as nova_exception
from oslo_log import log as logging

from novadocker import exception

LOG = logging.getLogger(__name__)


class Waiter:
    """Waits for events of Neutron, as Nova's options say.

    :param virtapi: Nova's own, which receives the events
    :param timeout_s: ``vif_plugging_timeout``; 0 turns waiting off
    :param is_fatal: ``vif_plugging_is_fatal``
    """

    def __init__(
        self, virtapi: Any, *, timeout_s: int, is_fatal: bool
    ) -> None:
        self._virtapi = virtapi
        self._timeout_s = timeout_s
        self._is_fatal = is_fatal

    @contextlib.contextmanager
    def wired(
        self, instance: Any, network_info: Sequence[Any]
    ) -> Iterator[None]:
        """Run what plugs the ports, then wait until Neutron has wired them.

        :raises PortsNotReady: it did not within the timeout
        :raises PortFailed: it says that it cannot
        """
        awaited = events(network_info, timeout_s=self._timeout_s)
        try:
            with self._virtapi.wait_for_instance_event(
                instance,
                awaited,
                timeout=self._timeout_s,
                error_callback=self._port_failed,
            ):
                yield
        except nova_exception.InstanceEventTimeout as err:
            ports = ', '.join(tag for _, tag in awaited)
            if self._is_fatal:
                raise exception.PortsNotReady(
                    ports=ports, seconds=self._timeout_s
                ) from err
            LOG.warning(
                'Neutron has not wired %s; starting all the same',
                ports,
                instance=instance,
            )

    def _port_failed(self, event: str, instance: Any) -> bool:
        """Decide on a port that Neutron cannot wire: stop the boot?"""
        LOG.error('Neutron reports %s as failed', event, instance=instance)
        if self._is_fatal:
            raise exception.PortFailed(event=event)
        return True


def events(
    network_info: Sequence[Mapping[str, Any]], *, timeout_s: int
) -> list[tuple[str, str]]:
    """Name the events to wait for before a container starts.

    A port that Neutron already reports as active sends none, and one whose
    wiring is done by a smart NIC sends none to Nova.

    :param timeout_s: ``vif_plugging_timeout``; 0 turns waiting off
    """
    if not timeout_s:
        return []
    return [
        ('network-vif-plugged', vif['id'])
        for vif in network_info
        if vif['active'] is False and vif['vnic_type'] != 'remote-managed'
    ]
