"""Which zone has the docker hosts, and which one hosts of another kind."""

from collections.abc import Collection
import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Zones:
    """Two zones; both are empty in a cloud that is not divided."""

    docker: str = ''
    other: str = ''


def find(admin: Any, docker_hosts: Collection[str]) -> Zones:
    """Look for a zone of docker hosts alone, beside one without any."""
    zones = {
        zone.name: found
        for zone in admin.compute.availability_zones(details=True)
        if (found := _hosts(zone))
    }
    docker = [
        name for name, hosts in zones.items() if hosts <= {*docker_hosts}
    ]
    other = [
        name for name, hosts in zones.items() if not hosts & {*docker_hosts}
    ]
    if len(docker) != 1 or len(docker) + len(other) != len(zones) or not other:
        return Zones()
    return Zones(docker[0], min(other))


def _hosts(zone: Any) -> set[str]:
    """Give the compute hosts of a zone: services are in zones, too."""
    return {
        host
        for host, services in (zone.hosts or {}).items()
        if 'nova-compute' in services
    }
