"""The two images that tempest boots; the same system by two names."""

import hashlib
import pathlib
from typing import Any

from deploy.quickstart import package
from deploy.quickstart import seed
from deploy.quickstart import ssh_image
from deploy.quickstart.tempest import workspace as workspace_module

# Some tests want a second image; it has to differ, or it is the first.
NAMES = ('sshd:latest', 'sshd:alt')


def upload(workspace: workspace_module.Workspace, admin: Any) -> list[str]:
    """Upload what is missing or was built anew; give their identifiers."""
    package.install(workspace.home, ssh_image.PACKAGES)
    return [_upload(workspace.path, admin, name) for name in NAMES]


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
