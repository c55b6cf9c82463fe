"""Pure: which CPUs of its host a container runs on.

Nova picks them when it claims a server (nova.virt.hardware). What of a
request a container would not keep is refused here: who makes it counts on it.
"""

from collections.abc import Iterator
import dataclasses

from novadocker import exception
from novadocker import model
from novadocker import option

# What is kept of Nova's own words for CPUs and memory, and why the rest is
# not. They stand behind hw: in a flavor and behind hw_ in an image.
_KEPT: dict[str, tuple[tuple[str, ...], str]] = {
    'cpu_policy': (
        ('dedicated', 'shared'),
        'a container has one set of CPUs, and each of its processes runs on '
        'all of them. Use dedicated or shared',
    ),
    'cpu_realtime': (
        ('false', 'no', 'off', '0', 'f', 'n'),
        'a container gets no realtime priority',
    ),
    'emulator_threads_policy': (
        (),
        'a container has no emulator whose threads could be kept apart',
    ),
    'mem_page_size': (
        ('any', 'small'),
        'a container gets no huge pages. Use any or small',
    ),
    'numa_nodes': (
        ('1',),
        "a container's memory cannot be divided among nodes. Use 1",
    ),
}


def require(instance: model.Instance) -> None:
    """Refuse what no container keeps, on whatever host.

    :raises InvalidContainerOption: of a flavor or an image
    :raises CpusUnavailable: Nova has picked nothing on its host
    """
    for name, key, value in _asked(instance):
        kept, why = _KEPT[key]
        if value.strip().lower() not in kept:
            raise exception.InvalidContainerOption(
                option=name, value=option.shown(value), reason=why
            )
    claim = instance.cpu_claim
    if claim is None:
        return
    if not claim.is_dedicated:
        raise exception.CpusUnavailable(
            reason='A server gets a NUMA node or a page size only with '
            'hw:cpu_policy=dedicated: use a flavor and an image with it, or '
            'without any of them.'
        )
    if not claim.cpus:
        raise exception.CpusUnavailable(
            reason='This host has no CPUs to dedicate to a server: boot it '
            'on one with [compute] cpu_dedicated_set, or use a flavor and an '
            'image without hw:cpu_policy=dedicated.'
        )


def placed(
    limits: model.Resources, instance: model.Instance, host: model.HostCpus
) -> model.Resources:
    """Add to the limits of a container the CPUs that it runs on.

    One with CPUs of its own needs no cap beside them: it would only have the
    kernel count. A ``quota:cpu_quota`` stays.

    :raises InvalidContainerOption, CpusUnavailable: as ``require``, and where
        its host has its CPUs for others now
    """
    require(instance)
    claim = instance.cpu_claim
    if claim is None:
        return dataclasses.replace(
            limits, cpuset_cpus=text(host.shared) if host.dedicated else ''
        )
    if not claim.cpus <= host.dedicated:
        raise exception.CpusUnavailable(
            reason=f'The CPUs {text(claim.cpus)} were picked for the server '
            'and [compute] cpu_dedicated_set of its host does not have them: '
            'set it back, or migrate the server.'
        )
    return dataclasses.replace(
        limits,
        nano_cpus=0,
        cpuset_cpus=text(claim.cpus),
        cpuset_mems=text(claim.nodes),
    )


def text(numbers: frozenset[int]) -> str:
    """Write numbers of CPUs or nodes as the kernel reads them.

    :source: cpuset(7), "List format"
    """
    return ','.join(map(str, sorted(numbers)))


def _asked(instance: model.Instance) -> Iterator[tuple[str, str, str]]:
    """Give name, key and value of what a flavor or an image asks for."""
    for prefix, values in (
        ('hw:', instance.flavor.extra_specs),
        ('hw_', instance.image_properties),
    ):
        for key in _KEPT:
            if prefix + key in values:
                yield prefix + key, key, values[prefix + key]
