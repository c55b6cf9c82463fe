"""Pure: a flavor that asks for a device of its host is refused.

A container is given none. Placement finds no host of ours for most of these;
one is reached where an operator has told Placement of more than is there.
"""

import re

from novadocker import exception
from novadocker import model
from novadocker import option

_KEYS = ('accel:device_profile', 'hw:pmem', 'pci_passthrough:alias')
# Those of Placement's own resource classes that are devices, however the
# request groups them.
# :source: os_resource_classes; nova.scheduler.utils.ResourceRequest
_RESOURCE = re.compile(
    r'resources[A-Za-z0-9_-]*:'
    r'(FPGA|PCI_DEVICE|PGPU|SRIOV_NET_VF|VGPU|VGPU_DISPLAY_HEAD)'
)


def require_none(flavor: model.Flavor) -> None:
    """Refuse a flavor with devices.

    :raises InvalidContainerOption: it has one
    """
    for key, value in flavor.extra_specs.items():
        is_resource = _RESOURCE.fullmatch(key) and value.strip() != '0'
        if key in _KEYS or is_resource:
            raise exception.InvalidContainerOption(
                option=key,
                value=option.shown(value),
                reason='a container is given no device of its host. Use a '
                'flavor without it',
            )
