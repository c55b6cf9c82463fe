"""The extra specs of a flavor that shape a container: two tables.

They are the operator's: a flavor is admin-only by default, so a value here
may grant privilege. What a tenant controls (metadata, image properties) is
read in spec/process.py and never reaches these tables.

nova-api reads the ``docker:`` table through validation.py and the driver
through read(): what the one accepts, the other understands.
"""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
from typing import Any

from novadocker import exception
from novadocker import option

PREFIX = 'docker:'
QUOTA_PREFIX = 'quota:'

# What the kernel can count (PID_MAX_LIMIT), and what 64 bits hold in MiB.
_MAX_PIDS = 2**22
_MAX_MB = 2**43 - 1
_MAX_RATE = 10**18 - 1


@dataclasses.dataclass(frozen=True)
class ExtraSpec:
    """One key below a prefix.

    :ivar read: reads a value, or raises ValueError with the reason
    :ivar values: what may stand there, for people
    """

    read: Callable[[str], Any]
    values: str
    description: str


TABLE: Mapping[str, ExtraSpec] = {
    'cap_add': ExtraSpec(
        option.confined_capabilities,
        'NAME[,NAME...]',
        'Capabilities beyond the default set, each by its name. ALL is not '
        'taken: name what is needed. NET_ADMIN is not taken, either: it '
        'reaches the networks of other servers.',
    ),
    'cap_drop': ExtraSpec(
        option.capabilities_or_all,
        'NAME[,NAME...] or ALL',
        'Capabilities to take from the default set; ALL leaves only those of '
        'cap_add.',
    ),
    'new_privileges': ExtraSpec(
        option.boolean,
        'true or false',
        'Let setuid programs and file capabilities work, which sudo and su '
        'need. Default false.',
    ),
    'pids_limit': ExtraSpec(
        option.whole(1, _MAX_PIDS),
        f'1 to {_MAX_PIDS}',
        'Number of processes and threads. Default 4096.',
    ),
    'privileged': ExtraSpec(
        option.boolean,
        'true or false',
        'Run without isolation from the host: every capability and device. '
        'Whoever boots such a flavor is root on the compute host. Default '
        'false.',
    ),
    'read_only_root': ExtraSpec(
        option.boolean,
        'true or false',
        'Mount the root file system read-only; only /dev/shm can be written. '
        'Default false.',
    ),
    'runtime': ExtraSpec(
        option.runtime,
        'NAME',
        'Runtime of the engine that runs the server: another name of '
        'nova-runtime, with another OCI runtime behind it. Default is the '
        'option [docker] runtime.',
    ),
    'shm_size_mb': ExtraSpec(
        option.whole(1, _MAX_MB),
        f'1 to {_MAX_MB}',
        'Size of /dev/shm in MiB; what lies there counts as memory of the '
        "server. Default is the engine's, 64.",
    ),
    'ulimits': ExtraSpec(
        option.ulimits,
        'NAME=SOFT[:HARD][,...]',
        'Resource limits of each process, by the names of ulimit (nofile, '
        'nproc, memlock ...); -1 is unlimited. Default is what the engine '
        'itself has.',
    ),
}


def _rate(what: str, deed: str) -> ExtraSpec:
    hosts = {
        'reads': 'a disk of the host with ext4 or xfs',
        'writes': 'ext4 or xfs, and cgroup version 2',
    }
    return ExtraSpec(
        option.whole(1, _MAX_RATE, zero_is_unset=True),
        'at least 1',
        f'{what} per second that the server {deed} in its root file system. '
        f"Needs the engine's storage overlay2 on {hosts[deed]}.",
    )


# Nova has validators for these already, with libvirt's ranges. They mean here
# what they mean there.
QUOTA: Mapping[str, ExtraSpec] = {
    'cpu_period': ExtraSpec(
        option.whole(1000, 1_000_000, zero_is_unset=True),
        '1000 to 1000000',
        'Length of a period in microseconds. Default 100000.',
    ),
    'cpu_quota': ExtraSpec(
        option.cpu_quota_us,
        'at least 1000, or negative',
        'Microseconds of CPU that each vCPU may use in a period. A negative '
        'value, and one beyond the period, is the whole vCPU.',
    ),
    'cpu_shares': ExtraSpec(
        option.whole(2, 2**18, zero_is_unset=True),
        '2 to 262144',
        "Weight of the server when CPUs are scarce. Default is the kernel's, "
        '1024.',
    ),
    'disk_read_bytes_sec': _rate('Bytes', 'reads'),
    'disk_read_iops_sec': _rate('Operations', 'reads'),
    'disk_write_bytes_sec': _rate('Bytes', 'writes'),
    'disk_write_iops_sec': _rate('Operations', 'writes'),
}


def read(extra_specs: Mapping[str, str]) -> dict[str, Any]:
    """Read all ``docker:`` keys of a flavor.

    :returns: values by key without the prefix; keys that are not set are
        left out
    :raises InvalidContainerOption: an unknown key or a value that cannot be
        read; ignoring a misspelt limit would lift it
    """
    return _read(extra_specs, PREFIX, TABLE, 'there is no such extra spec')


def read_quota(extra_specs: Mapping[str, str]) -> dict[str, Any]:
    """Read all ``quota:`` keys of a flavor.

    :returns: as for read(); a value of 0 is left out, as if it were not set
    :raises InvalidContainerOption: a value that cannot be read, or a limit
        that cannot be kept; who set it counts on it
    """
    values = _read(
        extra_specs,
        QUOTA_PREFIX,
        QUOTA,
        'a docker host cannot keep this limit; use a flavor without it',
    )
    return {key: value for key, value in values.items() if value is not None}


def _read(
    extra_specs: Mapping[str, str],
    prefix: str,
    table: Mapping[str, ExtraSpec],
    unknown: str,
) -> dict[str, Any]:
    values = {}
    for key, value in extra_specs.items():
        if not key.startswith(prefix):
            continue
        known = table.get(key.removeprefix(prefix))
        if known is None:
            raise _invalid(key, value, unknown)
        try:
            values[key.removeprefix(prefix)] = known.read(value)
        except ValueError as err:
            raise _invalid(key, value, str(err)) from err
    return values


def _invalid(
    key: str, value: str, reason: str
) -> exception.InvalidContainerOption:
    return exception.InvalidContainerOption(
        option=key, value=option.shown(value), reason=reason
    )
