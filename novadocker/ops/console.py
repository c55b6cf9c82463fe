"""The story of a console: who gets one, and why not.

Nova asks twice, for its user and again for each connection of its proxy; what
is given away has to cost nothing (console/secret.py).

The refusals are Nova's own classes: nova-api knows no other.
"""

from collections.abc import Mapping
from typing import Any

from nova import exception as nova_exception

from novadocker import exception
from novadocker import model
from novadocker.console import consoles
from novadocker.ops import tools as ops_tools
from novadocker.spec import console


def give_secret(
    tools: ops_tools.Tools,
    doors: consoles.Consoles,
    instance: Any,
    properties: Mapping[str, str],
) -> str:
    """Make a secret that opens the console of a server, once.

    :param properties: of the server's image
    :raises ContainerNotFound: it has no container
    :raises nova.exception.InstanceNotReady: it is not running
    :raises nova.exception.ConsoleTypeUnavailable: it has no console
    """
    if not doors.is_open:
        raise _unavailable('its host does not listen for consoles')
    container = ops_tools.current(tools, instance)
    if container.state is not model.ContainerState.RUNNING:
        raise nova_exception.InstanceNotReady(
            message=f'Server {instance.uuid} has a console only while it is '
            f'running; it is {container.state}.'
        )
    kind = _kind(container, properties)
    if kind is model.Console.OFF:
        raise _unavailable('its image says docker_console=off')
    if kind is model.Console.EXEC and not doors.has_shell(container.id):
        raise _unavailable('its image has no /bin/sh')
    return doors.give(container.id, kind)


def _kind(
    container: model.Container, properties: Mapping[str, str]
) -> model.Console:
    try:
        return console.console(properties, has_tty=container.has_tty)
    except exception.InvalidContainerOption as err:
        # A boot refuses it; the server is older than the property.
        raise _unavailable(str(err)) from err


def _unavailable(reason: str) -> nova_exception.ConsoleTypeUnavailable:
    return nova_exception.ConsoleTypeUnavailable(
        message=f'The server has no serial console: {reason}.'
    )
