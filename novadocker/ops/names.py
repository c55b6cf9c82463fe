"""The names of a server: the files that its container finds in /etc."""

from typing import Any

from novadocker import model
from novadocker.network import resolver
from novadocker.ops import tools as ops_tools
from novadocker.state import folder


def write(
    tools: ops_tools.Tools, view: model.Instance, network_info: Any
) -> None:
    """Write hostname, hosts and resolv.conf of a server."""
    names = resolver.resolver(view.hostname, view.domain, network_info)
    _folder(tools, view.uuid).write_names(
        {
            'hostname': resolver.hostname_text(names),
            'hosts': resolver.hosts_text(names),
            'resolv.conf': resolver.resolv_conf_text(names),
        }
    )


def directory(tools: ops_tools.Tools, instance_uuid: str) -> str:
    """Give the folder in which the files of a server are."""
    return str(_folder(tools, instance_uuid).path)


def remove(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Remove the files of a server; their absence is fine."""
    _folder(tools, instance_uuid).remove()


def _folder(
    tools: ops_tools.Tools, instance_uuid: str
) -> folder.InstanceFolder:
    return folder.InstanceFolder(tools.settings.instances_path, instance_uuid)
