"""What ``up`` says at its end."""

import rich.console
import rich.table

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import progress as progress_module

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
    """Show the server, the time it took, and what to try next."""
    console = progress.console
    table = rich.table.Table(box=None, pad_edge=False)
    for column in ('server', 'project', 'floating IP', 'answers'):
        table.add_column(column)
    table.add_row(
        constants.MEMCACHED,
        constants.DEMO,
        address,
        f'memcached {version}' if version else 'not asked',
    )
    total_s = sum(progress.seconds.values())
    console.print()
    console.print(table)
    console.print(f'\nReady after {total_s:.0f} s. Try:', highlight=False)
    for line in _NEXT:
        console.print(
            f'  {line.format(address=address)}',
            highlight=False,
            soft_wrap=True,
        )
    console.print(f'State and logs: {home.path}', highlight=False)
