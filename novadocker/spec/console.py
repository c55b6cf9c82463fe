"""Pure: what a server's console is. Its image says it."""

from collections.abc import Mapping

from novadocker import exception
from novadocker import model
from novadocker import option

PROPERTY = 'docker_console'


def console(properties: Mapping[str, str], *, has_tty: bool) -> model.Console:
    """Read what a console is from the properties of a server's image.

    Without a word of the image's it is the terminal of the command, if that
    has one, and a shell beside the command if not.

    :raises InvalidContainerOption: the property cannot be read, or asks for a
        terminal that there is not
    """
    value = properties.get(PROPERTY)
    if value is None:
        return model.Console.ATTACH if has_tty else model.Console.EXEC
    if value not in set(model.Console):
        raise _invalid(value, f'it has to be {", ".join(model.Console)}')
    if value == model.Console.ATTACH and not has_tty:
        raise _invalid(value, 'it takes docker_tty=true, too')
    return model.Console(value)


def _invalid(value: str, reason: str) -> exception.InvalidContainerOption:
    return exception.InvalidContainerOption(
        option=PROPERTY, value=option.shown(value), reason=reason
    )
