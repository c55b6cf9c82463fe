"""Run commands, and find the processes that belong to a home.

The only place that starts or signals a process which supervisor does not
look after.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module

_SYSTEM_PATH = '/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin'
_TAIL_LINES = 12
_POLL_S = 0.1


def environment(home: home_module.Home) -> dict[str, str]:
    """Make the environment that all processes of a home start from.

    Nothing is inherited: a proxy, an OS_CLOUD or a PYTHONPATH of the user's
    shell would change the cloud from one start to the next.
    """
    return {
        'PATH': f'{home.bin}:{_SYSTEM_PATH}',
        'HOME': str(home.data),
        'LANG': 'C.UTF-8',
        'TMPDIR': str(home.run / 'tmp'),
        'PYTHONWARNINGS': 'ignore',
        **node_variables(home),
        constants.OWNER_VARIABLE: str(home.path),
    }


def node_variables(home: home_module.Home) -> dict[str, str]:
    """Tell the programs of Open vSwitch and OVN which of them to talk to."""
    return {
        'OVS_RUNDIR': str(home.run / 'openvswitch'),
        'OVS_LOGDIR': str(home.log),
        'OVS_DBDIR': str(home.data / 'openvswitch'),
        'OVN_RUNDIR': str(home.run / 'ovn'),
        'OVN_DBDIR': str(home.data / 'ovn'),
    }


def run(
    command: Sequence[str | pathlib.Path],
    *,
    env: Mapping[str, str] | None = None,
    log: pathlib.Path | None = None,
    user: str | None = None,
    stdin: str = '',
    cwd: pathlib.Path | None = None,
) -> str:
    """Run a command to its end and return what it wrote to stdout.

    :param log: where the whole output goes instead; returns '' then
    :param user: name of the user to run it as
    :raises OperationFailed: with the last lines of the output
    """
    words = [str(word) for word in command]
    output = log.open('a') if log else subprocess.PIPE
    identity = _identity(user)
    try:
        done = subprocess.run(
            words,
            env=dict(env) if env is not None else None,
            input=stdin,
            stdout=output,
            stderr=subprocess.STDOUT if log else subprocess.PIPE,
            text=True,
            check=False,
            # Another user may not be able to enter the folder we are in.
            cwd=cwd or (user and '/'),
            user=identity.user,
            group=identity.group,
            extra_groups=identity.extra_groups,
        )
    except FileNotFoundError as err:
        raise exception.OperationFailed(f'{words[0]}: not found') from err
    finally:
        if not isinstance(output, int):
            output.close()
    if done.returncode:
        last = tail(log) if log else (done.stderr or done.stdout)
        raise exception.OperationFailed(
            f'`{" ".join(words[:6])}` ended with code {done.returncode}'
            + (f'; log: {log}' if log else '')
            + f'\n{last.rstrip()}'
        )
    return done.stdout or ''


@dataclasses.dataclass(frozen=True)
class _Identity:
    """As whom to run; ``None`` leaves things as they are."""

    user: int | None = None
    group: int | None = None
    extra_groups: list[int] | None = None


def _identity(user: str | None) -> _Identity:
    if user is None:
        return _Identity()
    entry = pwd.getpwnam(user)
    return _Identity(
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=os.getgrouplist(user, entry.pw_gid),
    )


def succeeds(
    command: Sequence[str | pathlib.Path],
    env: Mapping[str, str] | None = None,
) -> bool:
    """Tell whether a command ends with 0; its output is dropped."""
    try:
        run(command, env=env)
    except exception.OperationFailed:
        return False
    return True


def tail(path: pathlib.Path, lines: int = _TAIL_LINES) -> str:
    """Read the last lines of a log file, '' where there is none."""
    try:
        with path.open('rb') as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 65536))
            text = stream.read().decode(errors='replace')
    except FileNotFoundError:
        return ''
    return '\n'.join(text.splitlines()[-lines:])


def wait_until(
    predicate: Callable[[], bool], timeout_s: float, what: str
) -> None:
    """Wait for a predicate.

    :raises OperationFailed: it did not come true in time
    """
    deadline = time.monotonic() + timeout_s
    while not predicate():
        if time.monotonic() > deadline:
            raise exception.OperationFailed(
                f'{what}: not within {timeout_s:.0f} s'
            )
        time.sleep(_POLL_S)


def owned_pids(
    home: home_module.Home, proc: pathlib.Path = pathlib.Path('/proc')
) -> list[int]:
    """List the processes that started from this home's environment.

    Some write their title over their environment, and what sudo starts has
    another: those are known by the configuration that they were given.
    """
    mark = f'{constants.OWNER_VARIABLE}={home.path}'.encode()
    folder = re.escape(str(home.path).encode())
    config = re.compile(
        rb'--config-file[= ]' + folder + rb'/(?:nodes/[^/]+/)?etc/'
    )
    return [
        int(entry.name)
        for entry in proc.iterdir()
        if entry.name.isdigit()
        and (
            mark in _words(entry / 'environ')
            or config.search(b' '.join(_words(entry / 'cmdline')))
        )
    ]


def _words(path: pathlib.Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b'\0')
    except OSError:  # ended meanwhile, or a kernel thread
        return []


def descendants(
    pids: Iterable[int], proc: pathlib.Path = pathlib.Path('/proc')
) -> list[int]:
    """List the children of processes, their children, and so on."""
    children: dict[int, list[int]] = {}
    for entry in proc.iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent(entry), []).append(int(entry.name))
    found: list[int] = []
    waiting = list(pids)
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parent(entry: pathlib.Path) -> int:
    try:
        stat = (entry / 'stat').read_text()
    except OSError:  # ended meanwhile
        return 0
    return int(stat.rpartition(')')[2].split()[1])


def end(pids: Iterable[int], timeout_s: float = 3) -> None:
    """End processes: first politely, after ``timeout_s`` for good."""
    alive = [pid for pid in pids if _signal(pid, signal.SIGTERM)]
    alive = _left_of(alive, timeout_s)
    for pid in alive:
        _signal(pid, signal.SIGKILL)
    # What they held, a mount or a cgroup, is free when they are gone.
    _left_of(alive, timeout_s)


def _left_of(pids: list[int], timeout_s: float) -> list[int]:
    deadline = time.monotonic() + timeout_s
    alive = [pid for pid in pids if is_alive(pid)]
    while alive and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        alive = [pid for pid in alive if is_alive(pid)]
    return alive


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        stat = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return False
    return stat.rpartition(')')[2].split()[0] not in {'Z', 'X'}


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
