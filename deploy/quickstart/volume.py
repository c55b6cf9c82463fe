"""Cinder's back end on this machine: its code, its files, its devices."""

from collections.abc import Iterator
import contextlib
import itertools
from typing import Any

import openstack.exceptions

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart.loop import disk

_LOOP = home_module.CHECKOUT / 'deploy/quickstart/loop'
_READY_S = 180


def disks(home: home_module.Home) -> disk.Disks:
    """Give the disks of which a home's volumes are made."""
    return disk.Disks(home.data / 'cinder/volumes')


def disconnect_all(home: home_module.Home) -> None:
    """Take away what shows volumes to the machine; nobody may need it.

    :raises OperationFailed: the machine does not let go of one
    """
    with _sentences():
        disks(home).disconnect_all()


def connected(home: home_module.Home) -> dict[str, str]:
    """Map volumes to the devices by which the machine sees them.

    :raises OperationFailed: it does not tell
    """
    with _sentences():
        return disks(home).connected()


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except disk.DiskError as err:
        raise exception.OperationFailed(str(err)) from err


def install(home: home_module.Home) -> bool:
    """Copy the back end to where cinder-volume finds it.

    :returns: whether there was another one, which may be running
    """
    is_other = False
    for source in sorted(_LOOP.glob('*.py')):
        target = home.back_end / source.relative_to(home_module.CHECKOUT)
        text = source.read_text()
        before = target.read_text() if target.exists() else None
        if before != text:
            home_module.write(target, text)
            is_other = is_other or before is not None
    return is_other


def wait_for_back_end(admin: Any) -> None:
    """Wait until Cinder's scheduler knows where volumes can be made.

    :raises OperationFailed: it does not get to know
    """
    process.wait_until(
        lambda: _knows_pool(admin),
        _READY_S,
        'cinder-volume reports to the scheduler',
    )


def _knows_pool(admin: Any) -> bool:
    try:
        return any(True for _ in admin.block_storage.backend_pools())
    except openstack.exceptions.HttpException:
        # The API asks a scheduler that does not listen yet.
        return False


def alive(admin: Any) -> frozenset[str]:
    """List all volumes and snapshots."""
    storage = admin.block_storage
    found = itertools.chain(
        storage.volumes(details=False, all_projects=True),
        storage.snapshots(details=False, all_projects=True),
    )
    return frozenset(each.id for each in found)


def attachments(admin: Any) -> Iterator[tuple[str, str]]:
    """List volumes with the servers that have them."""
    for each in admin.block_storage.volumes(all_projects=True):
        for attachment in each.attachments or ():
            if attachment.get('server_id'):
                yield each.id, attachment['server_id']
