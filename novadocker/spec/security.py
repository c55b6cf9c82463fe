"""Pure: what a container may do. Only the operator's flavor can widen it."""

from collections.abc import Mapping

from novadocker import exception
from novadocker import extra_specs
from novadocker import model

# Of Docker's default capabilities these are taken away: device nodes, raw
# sockets (spoofing on the tenant's network) and writing to the host's audit
# log are not what a service needs.
DROPPED = ('AUDIT_WRITE', 'MKNOD', 'NET_RAW')


def security(flavor_extra_specs: Mapping[str, str]) -> model.Security:
    """Translate the operator's extra specs into privilege.

    :raises InvalidContainerOption: an extra spec that cannot be read, or a
        capability that shall be both added and dropped
    """
    options = extra_specs.read(flavor_extra_specs)
    added = options.get('cap_add', ())
    dropped = options.get('cap_drop', ())
    if both := [name for name in added if name in dropped]:
        raise exception.InvalidContainerOption(
            option=extra_specs.PREFIX + 'cap_drop',
            value=','.join(dropped),
            reason=f'docker:cap_add has {both[0]}, too',
        )
    privileged = options.get('privileged', False)
    return model.Security(
        privileged=privileged,
        cap_add=added,
        # A capability that is both added and dropped would be dropped.
        cap_drop=tuple(
            name
            for name in dict.fromkeys((*DROPPED, *dropped))
            if name not in added
        ),
        no_new_privileges=not (
            privileged or options.get('new_privileges', False)
        ),
        read_only_root=options.get('read_only_root', False),
    )
