"""Who holds how much memory, as the kernel shares it out among processes."""

from collections.abc import Iterable
import pathlib
import re

_PSS = re.compile(r'^Pss:\s+(\d+) kB', re.MULTILINE)
_PROC = pathlib.Path('/proc')
# What proc(5) counts time in, on Linux.
_USER_HZ = 100


def pss_mib(pids: Iterable[int]) -> float:
    """Sum up the share of processes in the machine's memory, in MiB."""
    return sum(map(_pss_kib, pids)) / 1024


def _pss_kib(pid: int) -> int:
    try:
        text = (_PROC / str(pid) / 'smaps_rollup').read_text()
    except OSError:  # ended meanwhile
        return 0
    match = _PSS.search(text)
    return int(match[1]) if match else 0


def forget_peak(pid: int | str = 'self') -> None:
    """Begin anew to watch for the most memory that a process holds."""
    # proc(5), clear_refs.
    (_PROC / f'{pid}/clear_refs').write_text('5')


def peak_mib(pid: int | str = 'self') -> float:
    """Give the most memory that a process held since ``forget_peak``."""
    return _status_mib(pid, 'VmHWM')


def held_mib(pid: int | str = 'self') -> float:
    """Give the memory that a process holds."""
    return _status_mib(pid, 'VmRSS')


def _status_mib(pid: int | str, field: str) -> float:
    text = (_PROC / f'{pid}/status').read_text()
    match = re.search(rf'^{field}:\s+(\d+) kB', text, re.MULTILINE)
    assert match is not None
    return int(match[1]) / 1024


def pids(pattern: str) -> list[int]:
    """List the processes whose command line matches."""
    wanted = re.compile(pattern)
    return [
        int(entry.name)
        for entry in _PROC.iterdir()
        if entry.name.isdigit() and wanted.search(_command(entry))
    ]


def children(pid: int) -> list[int]:
    """List what a process has started and not yet seen end."""
    path = _PROC / f'{pid}/task/{pid}/children'
    return [int(word) for word in path.read_text().split()]


def cpu_s(pid_list: Iterable[int]) -> float:
    """Sum up the processor time of processes so far, in seconds."""
    return sum(map(_ticks, pid_list)) / _USER_HZ


def age_s(pid: int) -> float:
    """Give the seconds since a process was started."""
    uptime = float((_PROC / 'uptime').read_text().split()[0])
    return uptime - int(_fields(pid)[19]) / _USER_HZ


def _command(entry: pathlib.Path) -> str:
    try:
        raw = (entry / 'cmdline').read_bytes()
    except OSError:
        return ''
    return raw.replace(b'\0', b' ').decode(errors='replace')


def _ticks(pid: int) -> int:
    try:
        fields = _fields(pid)
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _fields(pid: int) -> list[str]:
    """Read proc(5)'s stat from its third field on."""
    stat = (_PROC / str(pid) / 'stat').read_text()
    return stat.rpartition(')')[2].split()
