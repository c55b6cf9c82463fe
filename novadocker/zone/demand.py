"""What a flavor and an image demand of a host, and what it lacks of that."""

from collections.abc import Iterator
from collections.abc import Mapping

from novadocker.zone import model

_RESOURCES_PREFIX = 'resources:'
_MB_PER_GB = 1024
# nova.objects.fields.Architecture
_ARCHITECTURES = {
    'amd64': 'x86_64',
    'i386': 'i686',
    'i486': 'i686',
    'i586': 'i686',
}
# What a host of one architecture runs of others.
_ALSO = {'x86_64': {'i686'}}
# What a type of hypervisor goes by in images: libvirt names the first alone.
_KINDS = {'qemu': {'qemu', 'kvm'}}
_MODES = {model.DOCKER: 'exe', 'qemu': 'hvm', 'fake': 'hvm'}


def of_flavor(flavor: model.Flavor) -> dict[str, int]:
    """Count the resources that a flavor asks Placement for.

    :source: nova.scheduler.utils.ResourceRequest
    """
    dedicated = flavor.extra_specs.get('hw:cpu_policy') == 'dedicated'
    # -(-a // b) rounds up.
    swap_gb = -(-flavor.swap_mb // _MB_PER_GB)
    wanted = {
        'PCPU' if dedicated else 'VCPU': flavor.vcpus,
        'MEMORY_MB': flavor.ram_mb,
        'DISK_GB': flavor.disk_gb + flavor.ephemeral_gb + swap_gb,
    }
    for key, value in flavor.extra_specs.items():
        if key.startswith(_RESOURCES_PREFIX) and value.isdecimal():
            wanted[key.removeprefix(_RESOURCES_PREFIX)] = int(value)
    return {name: count for name, count in wanted.items() if count}


def shortages(
    wanted: Mapping[str, int], provider: model.Provider
) -> Iterator[str]:
    """Tell of which resources a host has too little."""
    for name, count in sorted(wanted.items()):
        stock = provider.inventories.get(name)
        if stock is None:
            yield f'{count} {name} are asked for, and the host offers none'
            continue
        free = stock.capacity - stock.used
        if count > free:
            yield (
                f'{count} {name} are asked for, and {free} of '
                f'{stock.capacity} are free'
            )
        elif count > stock.largest:
            yield (
                f'{count} {name} are asked for, and one server gets at most '
                f'{stock.largest}'
            )


def mismatches(image: model.Image, host: model.Host) -> Iterator[str]:
    """Tell which properties of an image a host does not have.

    What the API does not say of a host is taken for granted.

    :source: nova.scheduler.filters.image_props_filter
    """
    kind = host.hypervisor_type.lower()
    for name, canonical, offered in (
        ('img_hv_type', _plain, _KINDS.get(kind, {kind} - {''})),
        ('hw_architecture', _architecture, _offered(host.architecture)),
        ('hw_vm_mode', _plain, {_MODES[kind]} if kind in _MODES else set()),
    ):
        asked = image.properties.get(name)
        if asked and offered and canonical(asked) not in offered:
            yield (
                f'{name} of the image is {asked}, and the host has '
                f'{", ".join(sorted(offered))}'
            )


def _plain(text: str) -> str:
    return text.lower()


def _architecture(text: str) -> str:
    return _ARCHITECTURES.get(text.lower(), text.lower())


def _offered(architecture: str) -> set[str]:
    if not architecture:
        return set()
    own = _architecture(architecture)
    return {own} | _ALSO.get(own, set())
