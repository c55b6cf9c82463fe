"""Make Nova's schemas and its cell: run inside the services' environment.

nova-manage takes seconds to load and is needed four times, so that its
commands are called in one process. The arguments come as JSON on stdin:
they have passwords in them, and a command line is public.
"""

import json
import sys

from nova.cmd import manage


def main() -> None:
    """Run the four commands; end with the first that fails."""
    wanted = json.load(sys.stdin)
    # nova-manage reads its configuration from here.
    sys.argv = [
        'nova-manage',
        '--config-file',
        wanted['config'],
        'api_db',
        'version',
    ]
    manage.main()
    cells = manage.CellV2Commands()
    _check(manage.ApiDbCommands().sync())
    _check(cells.map_cell0(database_connection=wanted['cell0']))
    _check(manage.DbCommands().sync())
    _check(
        cells.create_cell(
            name='cell1',
            database_connection=wanted['cell1'],
            transport_url=wanted['transport_url'],
        )
    )


def _check(result: object) -> None:
    if result not in (None, 0, True):
        sys.exit(f'a step of nova-manage failed: {result!r}')


if __name__ == '__main__':
    main()
