"""Pure: Docker's states in Nova's words."""

from nova.compute import power_state

from novadocker import model

_STATES = {
    model.ContainerState.CREATED: power_state.SHUTDOWN,
    model.ContainerState.RUNNING: power_state.RUNNING,
    model.ContainerState.PAUSED: power_state.PAUSED,
    model.ContainerState.RESTARTING: power_state.RUNNING,
    model.ContainerState.REMOVING: power_state.NOSTATE,
    model.ContainerState.EXITED: power_state.SHUTDOWN,
    model.ContainerState.DEAD: power_state.CRASHED,
}


def power_state_of(
    container: model.Container, *, is_suspended: bool = False
) -> int:
    """Translate a container's state into ``nova.compute.power_state``.

    A container whose memory limit killed it has crashed; one that ended by
    itself, with whatever exit code, is shut down.

    :param is_suspended: whether Nova meant a frozen one to be so
    """
    if is_suspended and container.state is model.ContainerState.PAUSED:
        return int(power_state.SUSPENDED)
    if container.state is model.ContainerState.EXITED and container.oom_killed:
        return int(power_state.CRASHED)
    return int(_STATES[container.state])
