"""The folder of an instance on the host: files that outlive its container.

It lies below Nova's ``instances_path`` and belongs to user nova; the engine
mounts the files in it into the container.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import os
import pathlib
import shutil


class InstanceFolder:
    """The folder of one instance."""

    def __init__(self, instances_path: str, instance_uuid: str) -> None:
        self.path = pathlib.Path(instances_path, instance_uuid)

    def write_names(self, texts: Mapping[str, str]) -> None:
        """Write the files that tell a container its names.

        A file that is there is written in place: it may be mounted into a
        running container, which would go on seeing the old one if it were
        replaced.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in texts.items():
            file = self.path / name
            with file.open('w', encoding='utf-8') as stream:
                stream.write(text)
            # Any user of the container reads it, whatever nova's umask is.
            file.chmod(0o644)

    @property
    def is_suspended(self) -> bool:
        """Tell whether the mark of a suspended server is there."""
        return self._suspended.exists()

    def mark_suspended(self) -> None:
        """Put the mark of a suspended server."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._suspended.touch()

    def unmark_suspended(self) -> None:
        """Take the mark of a suspended server away; none is fine."""
        self._suspended.unlink(missing_ok=True)

    @property
    def _suspended(self) -> pathlib.Path:
        return self.path / 'suspended'

    def write_secrets(
        self, name: str, files: Iterable[tuple[str, bytes]]
    ) -> None:
        """Write a folder that only its owner and root may look into.

        :param files: paths below it and what is in them
        """
        top = self.path / name
        # What an earlier container was given is not to be mixed with it.
        _remove(top)
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, content in files:
            file = top / path
            # mkdir's mode is not for the parents that it makes.
            for parent in reversed(file.relative_to(self.path).parents[:-1]):
                (self.path / parent).mkdir(mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with open(os.open(file, flags, 0o400), 'wb') as stream:
                stream.write(content)

    def remove(self) -> None:
        """Remove the folder and all in it; its absence is fine."""
        _remove(self.path)


def _remove(path: pathlib.Path) -> None:
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
