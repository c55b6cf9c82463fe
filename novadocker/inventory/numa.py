"""The host's CPUs, and which of them are set aside for single servers.

:source: Linux, Documentation/ABI/stable/sysfs-devices-node and
    sysfs-devices-system-cpu
"""

import dataclasses
import os
import pathlib

from nova.objects import network_metadata
from nova.objects import numa as numa_objects
from nova.virt import hardware

from novadocker import exception
from novadocker import model

_PAGE_KB = os.sysconf('SC_PAGE_SIZE') // 1024


def host_cpus(sys_dir: str = '/sys/devices/system') -> model.HostCpus:
    """Look at the CPUs that are online; all of them are shared."""
    top = pathlib.Path(sys_dir)
    online = _cpus(top / 'cpu/online')
    cores = {_core(top, each) & online for each in online}
    nodes = [
        model.NumaNode(
            id=int(folder.name.removeprefix('node')),
            cpus=_cpus(folder / 'cpulist') & online,
            memory_mb=_memory_mb(folder / 'meminfo'),
        )
        for folder in top.glob('node/node[0-9]*')
    ]
    return model.HostCpus(
        shared=online,
        nodes=tuple(sorted(nodes, key=lambda node: node.id)),
        cores=tuple(sorted(cores, key=min)),
    )


def divided(
    found: model.HostCpus,
    dedicated: frozenset[int],
    shared: frozenset[int],
) -> model.HostCpus:
    """Set CPUs aside as an operator wants it; the rest, or some, is shared.

    :param dedicated: none is none; then nobody's CPUs are limited
    :param shared: none is all that is left
    :raises CpuSetInvalid: that cannot be
    """
    if not dedicated:
        return found
    online = found.shared
    shared = shared or online - dedicated
    for reason, is_so in (
        (
            f'the host has the CPUs {_shown(online)} online and not '
            f'{_shown((dedicated | shared) - online)}',
            not dedicated | shared <= online,
        ),
        (
            f'{_shown(dedicated & shared)} would be shared, too: take it out '
            'of it or of [compute] cpu_shared_set',
            dedicated & shared,
        ),
        ('it leaves no CPU for the host and for other servers', not shared),
        ('the kernel of the host knows no NUMA nodes', not found.nodes),
    ):
        if is_so:
            raise exception.CpuSetInvalid(reason=reason)
    return dataclasses.replace(found, shared=shared, dedicated=dedicated)


def topology(cpus: model.HostCpus) -> numa_objects.NUMATopology | None:
    """Tell Nova what it can claim, if there are CPUs to dedicate.

    What is in use it works out by itself. Huge pages are none of a
    container's, so there are but small ones; Nova counts memory by them.
    """
    if not cpus.dedicated:
        return None
    return numa_objects.NUMATopology(
        cells=[_cell(cpus, node) for node in cpus.nodes]
    )


def _cell(cpus: model.HostCpus, node: model.NumaNode) -> numa_objects.NUMACell:
    known = node.cpus & (cpus.shared | cpus.dedicated)
    siblings = [set(core & known) for core in cpus.cores if core & known]
    return numa_objects.NUMACell(
        id=node.id,
        socket=None,
        cpuset=set(node.cpus & cpus.shared),
        pcpuset=set(node.cpus & cpus.dedicated),
        memory=node.memory_mb,
        cpu_usage=0,
        memory_usage=0,
        pinned_cpus=set(),
        siblings=siblings,
        mempages=[
            numa_objects.NUMAPagesTopology(
                size_kb=_PAGE_KB,
                total=node.memory_mb * 1024 // _PAGE_KB,
                used=0,
                reserved=0,
            )
        ],
        network_metadata=network_metadata.NetworkMetadata(
            physnets=set(), tunneled=False
        ),
    )


def _core(top: pathlib.Path, cpu: int) -> frozenset[int]:
    path = top / f'cpu/cpu{cpu}/topology/thread_siblings_list'
    # Not every architecture has threads.
    return _cpus(path) if path.exists() else frozenset([cpu])


def _cpus(path: pathlib.Path) -> frozenset[int]:
    return frozenset(hardware.parse_cpu_spec(path.read_text()))


def _memory_mb(path: pathlib.Path) -> int:
    for line in path.read_text().splitlines():
        name, _, value = line.partition('MemTotal:')
        if name != line:
            return int(value.split()[0]) // 1024
    return 0


def _shown(cpus: frozenset[int]) -> str:
    return str(hardware.format_cpu_spec(set(cpus)))
