"""Pure: what was measured of a server, in Nova's words.

Counters only grow until the server is stopped, those of a port until it is
unplugged; the difference of two answers is what happened in between.

:source: nova.objects.diagnostics; nova.virt.libvirt, get_diagnostics
"""

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

from nova.compute import power_state
from nova.objects import diagnostics

from novadocker import model

_MIB, _KIB = 1024 * 1024, 1024


@dataclasses.dataclass(frozen=True)
class Measured:
    """One look at a server.

    :ivar vifs: of nova.network.model
    :ivar nics: by the device of a port; one that is not plugged is not there
    """

    power_state: int
    uptime_s: int
    vcpus: int
    has_config_drive: bool
    usage: model.Statistics
    vifs: Sequence[Mapping[str, Any]]
    nics: Mapping[str, model.NicCounters]


def diagnostics_of(measured: Measured) -> Any:
    """Give what the API answers since microversion 2.48."""
    usage = measured.usage
    found = diagnostics.Diagnostics(
        state=power_state.STATE_MAP[measured.power_state],
        # NOTE: the field and the API's schema take four names, and ours is
        # none of them; the hypervisor tells the truth.
        driver='libvirt',
        hypervisor='docker',
        hypervisor_os='linux',
        uptime=measured.uptime_s,
        config_drive=measured.has_config_drive,
        memory_details=diagnostics.MemoryDiagnostics(
            maximum=usage.memory_max_bytes // _MIB,
            used=usage.memory_bytes // _MIB,
        ),
        cpu_details=[],
        nic_details=[],
        disk_details=[],
    )
    # The kernel does not count by vCPU, which a container has none of.
    found.add_cpu(time=usage.cpu_time_ns)
    found.num_cpus = measured.vcpus
    found.add_disk(**dataclasses.asdict(usage.disk))
    for vif in measured.vifs:
        found.add_nic(
            mac_address=vif['address'],
            **_nic(measured.nics.get(vif['devname'])),
        )
    return found


def legacy_of(measured: Measured) -> dict[str, Any]:
    """Give what the API answers before microversion 2.48.

    The keys are those of libvirt, which its clients know: memory in KiB, time
    in nanoseconds.
    """
    usage = measured.usage
    found = {
        'cpu0_time': usage.cpu_time_ns,
        'memory': usage.memory_max_bytes // _KIB,
        'memory-actual': usage.memory_max_bytes // _KIB,
        'memory-rss': usage.memory_bytes // _KIB,
        'root_read': usage.disk.read_bytes,
        'root_read_req': usage.disk.read_requests,
        'root_write': usage.disk.write_bytes,
        'root_write_req': usage.disk.write_requests,
    }
    for vif in measured.vifs:
        name = vif['devname']
        if name not in measured.nics:
            continue
        for key, value in dataclasses.asdict(measured.nics[name]).items():
            found[f'{name}_{key.removesuffix("_bytes")}'] = value
    return {key: value for key, value in found.items() if value is not None}


def _nic(counters: model.NicCounters | None) -> dict[str, int]:
    if counters is None:
        return {}
    return {
        key.replace('_bytes', '_octets'): value
        for key, value in dataclasses.asdict(counters).items()
    }
