"""Give a command the cloud's credentials and its engine."""

from collections.abc import Mapping
import os

from deploy.quickstart import cloud
from deploy.quickstart import exception
from deploy.quickstart import home as home_module


def environment(
    home: home_module.Home,
    secrets: Mapping[str, str],
    environ: Mapping[str, str],
) -> dict[str, str]:
    """Add to a user's environment what the cloud's clients read.

    Debian's folders come before /usr/local: a newer docker client there may
    not speak the API of the engine. What other clouds' credentials are in
    the environment is dropped.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith('OS_') and name != 'PYTHONPATH'
    }
    return {
        **kept,
        **cloud.variables(secrets),
        'PATH': f'{home.bin}:/usr/sbin:/usr/bin:/sbin:/bin:'
        + environ.get('PATH', ''),
        'PYTHONWARNINGS': 'ignore',
        'DOCKER_HOST': f'unix://{home.docker_socket}',
        'OVS_RUNDIR': str(home.run / 'openvswitch'),
        'OVN_RUNDIR': str(home.run / 'ovn'),
        'NOVA_DOCKER_HOME': str(home.path),
    }


def replace(home: home_module.Home, command: tuple[str, ...]) -> None:
    """Become the command, so that its exit code and signals are its own.

    :raises OperationFailed: there is no such command
    """
    env = environment(home, home_module.load_secrets(home), os.environ)
    try:
        os.execvpe(command[0], list(command), env)
    except OSError as err:
        raise exception.OperationFailed(
            f'{command[0]}: {err.strerror}'
        ) from err
