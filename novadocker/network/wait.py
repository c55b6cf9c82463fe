"""Which of Neutron's events tell that an instance is connected. Pure."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any


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
