"""The only room with power: deeds that need more than user nova has.

Every entry point takes plain values, checks them, and does one thing. No
command and no path is chosen by the caller: what is asked for by name is
looked up below a fixed folder.

This package is imported as root by ``privsep-helper``: keep it light.
"""

from oslo_privsep import capabilities
from oslo_privsep import priv_context

# Network namespaces, network devices and the runtime map. SYS_ADMIN is what
# pinning a namespace (mount) and entering one (setns) take, KILL what ending
# a shell takes that is not root's.
net = priv_context.PrivContext(
    'novadocker.privsep',
    cfg_section='novadocker_net',
    pypath=__name__ + '.net',
    capabilities=[
        capabilities.CAP_KILL,
        capabilities.CAP_NET_ADMIN,
        capabilities.CAP_SYS_ADMIN,
    ],
)

# File systems of volumes, in the mount namespaces of containers. SYS_CHROOT is
# what entering one takes beside SYS_ADMIN, SYS_PTRACE what opening it takes.
mount = priv_context.PrivContext(
    'novadocker.privsep',
    cfg_section='novadocker_mount',
    pypath=__name__ + '.mount',
    capabilities=[
        capabilities.CAP_SYS_ADMIN,
        capabilities.CAP_SYS_CHROOT,
        capabilities.CAP_SYS_PTRACE,
    ],
)

# Layers in the folder of the engine, whose files belong to anybody.
read = priv_context.PrivContext(
    'novadocker.privsep',
    cfg_section='novadocker_read',
    pypath=__name__ + '.read',
    capabilities=[capabilities.CAP_DAC_READ_SEARCH],
)
