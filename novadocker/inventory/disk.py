"""The disk below the engine's storage: whose reads can be limited.

:source: proc_pid_mountinfo(5); Linux, admin-guide/cgroup-v2, "Writeback"
"""

import pathlib

from novadocker import model

# Those of overlay2's file systems whose writeback knows its cgroup.
_ACCOUNTED = ('ext4', 'xfs')


def host_disk(
    info: model.EngineInfo,
    *,
    mountinfo: str = '/proc/self/mountinfo',
    sys_dir: str = '/sys/dev/block',
) -> model.HostDisk | None:
    """Find the disk, ``None`` if nobody limits what servers do to it.

    Only cgroup version 2 knows whose the pages are that the kernel writes
    back; with version 1 all but direct writes escape.
    """
    if info.storage_driver != 'overlay2':
        return None
    number, kind = _mount_of(info.root_dir, mountinfo)
    if kind not in _ACCOUNTED:
        return None
    device = _whole_disk(pathlib.Path(sys_dir, number))
    if device is None:
        return None
    return model.HostDisk(device, limits_writes=info.cgroup_version > 1)


def _mount_of(path: str, mountinfo: str) -> tuple[str, str]:
    """Find device number and type of the mount that a path lies on."""
    best = ('', '', '')
    for line in pathlib.Path(mountinfo).read_text().splitlines():
        before, _, after = line.partition(' - ')
        number, _, point = before.split()[2:5]
        inside = path == point or path.startswith(point.rstrip('/') + '/')
        # The last of equals is the mount on top.
        if inside and len(point) >= len(best[0]):
            best = (point, number, after.split()[0])
    return best[1], best[2]


def _whole_disk(link: pathlib.Path) -> str | None:
    """Give the device of a disk; the kernel limits no partition."""
    if not link.exists():
        return None
    folder = link.resolve()
    if (folder / 'partition').exists():
        folder = folder.parent
    for line in (folder / 'uevent').read_text().splitlines():
        name = line.removeprefix('DEVNAME=')
        if name != line:
            return f'/dev/{name}'
    return None
