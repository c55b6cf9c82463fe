"""Which servers Nova has suspended: a mark in the folder of each.

To the engine a suspended server is a frozen one, as a paused one is. What
Nova meant outlives nova-compute, dockerd and the host in a file.
"""

from novadocker import model
from novadocker.ops import tools as ops_tools
from novadocker.state import folder
from novadocker.state import power as power_state


def mark(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Remember that a server is suspended while it is frozen."""
    _folder(tools, instance_uuid).mark_suspended()


def forget(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Take the mark away; its absence is fine."""
    _folder(tools, instance_uuid).unmark_suspended()


def power_state_of(
    tools: ops_tools.Tools, container: model.Container, instance_uuid: str
) -> int:
    """Give the power state that Nova is told."""
    return power_state.power_state_of(
        container, is_suspended=_folder(tools, instance_uuid).is_suspended
    )


def _folder(
    tools: ops_tools.Tools, instance_uuid: str
) -> folder.InstanceFolder:
    return folder.InstanceFolder(tools.settings.instances_path, instance_uuid)
