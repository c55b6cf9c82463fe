"""Tell how each service is: state, pid, port, memory."""

from collections.abc import Iterable
import dataclasses
import json
import pathlib
from typing import Any

import rich.console
import rich.table

from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart import roster
from deploy.quickstart import service as service_module
from deploy.quickstart import supervise

_DOWN: dict[str, Any] = {'statename': 'STOPPED', 'pid': 0}


@dataclasses.dataclass(frozen=True)
class Row:
    """One service as it is now; memory of its whole process tree."""

    name: str
    state: str
    is_well: bool
    pid: int | None
    listens: str
    memory_mb: int


def rows(home: home_module.Home, state: home_module.State) -> list[Row]:
    """Look at every service."""
    supervisor = supervise.Supervisor(home)
    states = supervisor.states() if supervisor.is_running() else {}
    return [
        row(service, states.get(service.name, _DOWN))
        for service in roster.services(home, state)
    ]


def row(service: service_module.Service, info: dict[str, Any]) -> Row:
    """Describe one service from what supervisor says of it."""
    pid = info['pid'] or None
    listens = service.socket or ''
    if service.port is not None:
        listens = f'{service.address}:{service.port}'
    return Row(
        name=service.name,
        state=info['statename'],
        is_well=supervise.is_well(service, info['statename']),
        pid=pid,
        listens=listens,
        memory_mb=memory_mb(pid) if pid else 0,
    )


def memory_mb(pid: int) -> int:
    """Sum the proportional memory of a process and its descendants, MiB."""
    kib = sum(
        _pss_kib(pathlib.Path(f'/proc/{member}/smaps_rollup'))
        for member in [pid, *process.descendants([pid])]
    )
    return kib // 1024


def _pss_kib(path: pathlib.Path) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:  # ended meanwhile
        return 0
    return next(
        (int(line.split()[1]) for line in lines if line.startswith('Pss:')), 0
    )


def show(found: Iterable[Row], is_json: bool) -> None:
    """Print the rows, as a table or as JSON."""
    known = list(found)
    if is_json:
        print(json.dumps([dataclasses.asdict(it) for it in known], indent=1))
        return
    table = rich.table.Table(box=None, pad_edge=False)
    for column in ('service', 'health', 'pid', 'listens on'):
        table.add_column(column, no_wrap=True)
    table.add_column('MiB', justify='right')
    for it in known:
        health = '[green]ok' if it.is_well else f'[red]{it.state.lower()}'
        table.add_row(
            it.name,
            health,
            str(it.pid or ''),
            pathlib.PurePath(it.listens).name,
            str(it.memory_mb),
        )
    total_mb = sum(it.memory_mb for it in known)
    table.add_row('together', '', '', '', str(total_mb))
    rich.console.Console(soft_wrap=True).print(table)
