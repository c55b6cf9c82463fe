"""The folder of an instance on the host: files that outlive its container.

It lies below Nova's ``instances_path`` and belongs to user nova; the engine
mounts the files in it into the container.
"""

from collections.abc import Mapping
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

    def remove(self) -> None:
        """Remove the folder and all in it; its absence is fine."""
        try:
            shutil.rmtree(self.path)
        except FileNotFoundError:
            return
