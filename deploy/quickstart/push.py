"""The story's first half: a tenant pushes what is going to be booted."""

from collections.abc import Mapping
import contextlib
import pathlib
import tempfile
from typing import Any

from deploy.quickstart import constants
from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import seed

# An engine takes plain HTTP from a registry on loopback, and from no other.
REGISTRY = f'{constants.LOOPBACK}:{constants.REGISTRY_PORT}'


def is_pushed(demo: Any) -> bool:
    """Tell whether the tenant's image came through the registry."""
    found = seed.find_image(demo)
    return found is not None and 'docker_repository' in found.properties


def push(
    home: home_module.Home, secrets: Mapping[str, str], archive: pathlib.Path
) -> None:
    """Push an image as the tenant does; leave nothing of it in the engine.

    :raises OperationFailed: with the sentence that docker prints
    """
    target = f'{REGISTRY}/{constants.DEMO}/{constants.IMAGE}'
    with contextlib.ExitStack() as undo:
        # A password that is logged in with lies in the client's folder.
        folder = undo.enter_context(
            tempfile.TemporaryDirectory(dir=home.run / 'tmp')
        )
        config = ('--config', folder)
        engine.docker(
            home,
            *(*config, 'login', '--password-stdin'),
            *('--username', constants.DEMO, REGISTRY),
            stdin=secrets[constants.DEMO],
        )
        engine.docker(home, 'load', '--input', str(archive))
        undo.callback(engine.docker, home, 'rmi', constants.IMAGE)
        engine.docker(home, 'tag', constants.IMAGE, target)
        undo.callback(engine.docker, home, 'rmi', target)
        engine.docker(home, *config, 'push', target)


def require_image(demo: Any) -> None:
    """See that what was pushed can be booted, without a wait.

    :raises OperationFailed: it cannot
    """
    found = seed.find_image(demo)
    if found is None or found.status != 'active':
        raise exception.OperationFailed(
            f'{constants.IMAGE} was pushed and is '
            f'{found.status if found else "not"} in Glance.'
        )
