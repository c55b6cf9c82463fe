"""What the host's kernel says: disk, memory, CPU, uptime."""

import os
import pathlib
import re
import shutil
import subprocess

_PRJQUOTA = re.compile(r'(^|,)(prjquota|pquota)(,|$)')


def disk_bytes(root_dir: str) -> tuple[int, int]:
    """Give total and free bytes of the file system of a folder.

    The engine's folder itself is closed to user nova; its nearest ancestor
    that may be looked at is on the same file system unless the folder is a
    mount point, which is why the folder is tried first.
    """
    usage = shutil.disk_usage(_visible(root_dir))
    return usage.total, usage.free


def memory_free_bytes(meminfo: str = '/proc/meminfo') -> int:
    """Give the memory that new processes could have without swapping."""
    for line in pathlib.Path(meminfo).read_text().splitlines():
        if line.startswith('MemAvailable:'):
            return int(line.split()[1]) * 1024
    return 0


def cpu_words(cpuinfo: str = '/proc/cpuinfo') -> frozenset[str]:
    """Give the kernel's words for what the CPUs of the host can, or none.

    All CPUs of a host are taken to be alike, as the first one.
    """
    for line in pathlib.Path(cpuinfo).read_text().splitlines():
        name, _, words = line.partition(':')
        # x86 and ARM, in this order.
        if name.strip() in ('flags', 'Features'):
            return frozenset(words.split())
    return frozenset()


def uptime() -> str:
    """Give the line of uptime(1), as Nova shows it for a hypervisor."""
    result = subprocess.run(
        ['uptime'], capture_output=True, text=True, timeout=10, check=True
    )
    return result.stdout.strip()


def has_disk_quota(
    storage_driver: str, root_dir: str, mounts: str = '/proc/self/mounts'
) -> bool:
    """Tell whether the engine can limit the size of a writable layer.

    :source: dockerd(8), storage-opt size: btrfs and zfs always, overlay2 on
        xfs that is mounted with project quotas
    """
    if storage_driver in ('btrfs', 'zfs'):
        return True
    if storage_driver != 'overlay2':
        return False
    kind, options = _mount_of(root_dir, mounts)
    return kind == 'xfs' and _PRJQUOTA.search(options) is not None


def _mount_of(path: str, mounts: str) -> tuple[str, str]:
    """Find type and options of the mount that a path lies on."""
    best = ('', '', '')
    for line in pathlib.Path(mounts).read_text().splitlines():
        _, point, kind, options = line.split()[:4]
        inside = path == point or path.startswith(point.rstrip('/') + '/')
        # The last of equals is the mount on top.
        if inside and len(point) >= len(best[0]):
            best = (point, kind, options)
    return best[1], best[2]


def _visible(path: str) -> str:
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path
