"""The images that tempest boots: one system by two names, and a disk."""

import hashlib
import pathlib
from typing import Any

from deploy.quickstart import package
from deploy.quickstart import seed
from deploy.quickstart import ssh_image
from deploy.quickstart.tempest import workspace as workspace_module

# Some tests want a second image; it has to differ, or it is the first.
NAMES = ('sshd:latest', 'sshd:alt')
# Nobody but Nova's fake driver would boot it.
DISK = 'disk:latest'


def upload(workspace: workspace_module.Workspace, admin: Any) -> list[str]:
    """Upload what is missing or was built anew; give their identifiers."""
    package.install(workspace.home, ssh_image.PACKAGES)
    return [_upload(workspace.path, admin, name) for name in NAMES]


def upload_disk(admin: Any) -> str:
    """Upload what is for hosts with virtual machines; give its identifier."""
    found = seed.find_image(admin, DISK)
    if found and found.status == 'active':
        return str(found.id)
    if found:  # an interrupted upload
        admin.image.delete_image(found)
    made = admin.image.create_image(
        DISK,
        container_format='bare',
        disk_format='raw',
        visibility='public',
        data=bytes(65536),
        allow_duplicates=True,  # Else it looks for the name, in vain.
    )
    return str(made.id)


def archive_of(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Say where the archive of an image lies."""
    return folder / f'{name.replace(":", "-")}.tar'


def _upload(folder: pathlib.Path, admin: Any, name: str) -> str:
    archive = archive_of(folder, name)
    ssh_image.build(archive, name)
    found = seed.find_image(admin, name)
    if found and found.hash_value == _digest(archive):
        return str(found.id)
    if found:
        admin.image.delete_image(found)
    seed.image(admin, archive, True, name)
    return str(seed.find_image(admin, name).id)


def _digest(archive: pathlib.Path) -> str:
    """Give what Glance calls an image's hash value, by its default."""
    return hashlib.sha512(archive.read_bytes()).hexdigest()
