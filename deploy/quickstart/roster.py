"""All that runs: the services of the machine and those of its nodes.

Pure, like the table it completes.
"""

from collections.abc import Mapping
import dataclasses

from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart import service as service_module

# What a node has of its own, in the words of nsenter(1).
NAMESPACES = ('net', 'mount', 'uts')


def services(
    home: home_module.Home, state: home_module.State
) -> list[service_module.Service]:
    """List everything that is supervised."""
    found = service_module.services(
        home, state.network, state.volumes, state.stacks
    )
    for node in state.nodes:
        found += of_node(home, node)
    return found


def by_name(
    home: home_module.Home, state: home_module.State
) -> Mapping[str, service_module.Service]:
    """Index everything that is supervised."""
    return {service.name: service for service in services(home, state)}


def of_node(
    home: home_module.Home, node: home_module.Node
) -> list[service_module.Service]:
    """List what runs on a node."""
    inside = home.of_node(node.name)
    return [
        _moved(inside, node, service)
        for service in service_module.node_services(inside, node.driver)
    ]


def enter(inside: home_module.Home) -> tuple[str, ...]:
    """Give the words that run a command in the namespaces of a node."""
    return (
        '/usr/bin/nsenter',
        *(f'--{kind}={inside.path}/ns/{kind}' for kind in NAMESPACES),
        '--',
    )


def _moved(
    inside: home_module.Home,
    node: home_module.Node,
    service: service_module.Service,
) -> service_module.Service:
    """Move a service into the namespaces of its node."""
    command = service.command
    if service.user != 'root':
        # It takes root to enter a namespace.
        command = (
            *('/usr/bin/setpriv', '--init-groups'),
            *(f'--reuid={service.user}', f'--regid={service.user}'),
            *('--', *command),
        )
    return dataclasses.replace(
        service,
        name=f'{node.name}.{service.name}',
        user='root',
        command=(*enter(inside), *command),
        environment={
            **process.node_variables(inside),
            **service.environment,
        },
    )
