"""The story of CPUs that are set aside: who may run on which.

A container with CPUs of its own was made with them, and its label says so.
All others are held to the CPUs that are shared, however old they are, or the
first ones would not be alone.
"""

import contextlib

from oslo_log import log as logging

from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import tools as ops_tools
from novadocker.spec import cpu

LOG = logging.getLogger(__name__)

_GOING = (model.ContainerState.REMOVING, model.ContainerState.DEAD)


def require(
    info: model.EngineInfo, cpus: model.HostCpus, *, host: str
) -> None:
    """See that the engine can keep servers off CPUs.

    :raises EngineUnsupported: it could not, and would only warn of it
    """
    if cpus.dedicated and not info.holds_to_cpus:
        raise exception.EngineUnsupported(
            host=host,
            reason='its kernel cannot hold a container to some CPUs: enable '
            'the cgroup controller cpuset on the host, or unset [compute] '
            'cpu_dedicated_set',
        )


def confine(tools: ops_tools.Tools, container: model.Container) -> None:
    """Keep a container off the CPUs that are others' own.

    Where no CPU is set aside any more it gets all of them back.
    """
    cpus = tools.host.cpus
    was_never_held = not cpus.dedicated and not container.cpuset_cpus
    if was_never_held or identity.has_own_cpus(container):
        return
    wanted = cpu.text(cpus.shared)
    if container.cpuset_cpus != wanted:
        tools.engine.hold(container.id, wanted)


def confine_all(tools: ops_tools.Tools) -> None:
    """Keep all servers of this host off the CPUs that are others' own.

    A container that the engine cannot hold to them goes on as it is, and an
    operator is told.
    """
    host = tools.host
    for each in tools.engine.containers():
        if not identity.is_ours(each, host.name, *host.runtimes):
            continue
        with contextlib.suppress(exception.ContainerNotFound):
            found = tools.engine.inspect(each.id)
            if found.state not in _GOING:
                _confine(tools, found)


def _confine(tools: ops_tools.Tools, container: model.Container) -> None:
    own_cpus = container.labels.get(constants.LABEL_CPUS, '')
    if identity.has_own_cpus(container):
        dedicated = {str(each) for each in tools.host.cpus.dedicated}
        if not dedicated.issuperset(own_cpus.split(',')):
            LOG.warning(
                '%(name)s has the CPUs %(cpus)s for its own, and [compute] '
                'cpu_dedicated_set does not have them: others may run on '
                'them. Set it back, or migrate the server.',
                {'name': container.name, 'cpus': own_cpus},
            )
        return
    try:
        confine(tools, container)
    except exception.EngineError as err:
        LOG.warning(
            '%(name)s may run on CPUs that are not its own: %(error)s Reboot '
            'the server hard.',
            {'name': container.name, 'error': err},
        )
