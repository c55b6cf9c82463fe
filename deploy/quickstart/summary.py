"""What ``up`` says at its end."""

import rich.console
import rich.table

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import progress as progress_module

_NEXT_IMAGES = (
    'tools/quickstart exec openstack image list',
    'tools/quickstart exec docker login -u demo {registry}',
    'tools/quickstart status',
    'tools/quickstart down',
)
_NEXT = (
    'tools/quickstart exec openstack server list --all-projects',
    "printf 'stats\\r\\nquit\\r\\n' | nc {address} 11211",
    'tools/quickstart exec docker ps',
    'tools/quickstart status',
    'tools/quickstart down',
)


def progress() -> progress_module.Progress:
    """Make the progress of one command, on the terminal."""
    return progress_module.Progress(rich.console.Console())


def show(
    home: home_module.Home,
    progress: progress_module.Progress,
    address: str,
    version: str,
) -> None:
    """Show the server, the time it took, and what to try next.

    :param address: of the server, '' where there is only the image half
    """
    console = progress.console
    console.print()
    if address:
        console.print(_table(address, version))
    total_s = sum(progress.seconds.values())
    console.print(f'\nReady after {total_s:.0f} s. Try:', highlight=False)
    registry = f'{constants.LOOPBACK}:{constants.REGISTRY_PORT}'
    for line in _NEXT if address else _NEXT_IMAGES:
        console.print(
            f'  {line.format(address=address, registry=registry)}',
            highlight=False,
            soft_wrap=True,
        )
    console.print(f'State and logs: {home.path}', highlight=False)


def _table(address: str, version: str) -> rich.table.Table:
    table = rich.table.Table(box=None, pad_edge=False)
    for column in ('server', 'project', 'floating IP', 'answers'):
        table.add_column(column)
    table.add_row(
        constants.MEMCACHED,
        constants.DEMO,
        address,
        f'memcached {version}' if version else 'not asked',
    )
    return table
