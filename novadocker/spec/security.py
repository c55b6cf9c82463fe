"""Pure: what a container may do. Only the operator's flavor can widen it."""

from collections.abc import Mapping

from novadocker import extra_specs
from novadocker import model

# Of Docker's default capabilities these are taken away: device nodes, raw
# sockets (spoofing on the tenant's network) and writing to the host's audit
# log are not what a service needs.
DROPPED = ('AUDIT_WRITE', 'MKNOD', 'NET_RAW')


def security(flavor_extra_specs: Mapping[str, str]) -> model.Security:
    """Translate the operator's extra specs into privilege.

    :raises InvalidContainerOption: an extra spec that cannot be read
    """
    options = extra_specs.read(flavor_extra_specs)
    added = options.get('cap_add', ())
    privileged = options.get('privileged', False)
    return model.Security(
        privileged=privileged,
        cap_add=added,
        # A capability that is both added and dropped would be dropped.
        cap_drop=tuple(name for name in DROPPED if name not in added),
        no_new_privileges=not privileged,
        read_only_root=options.get('read_only_root', False),
    )
