"""When the images of the cache were last used, as files with a time.

The engine does not know: what it keeps is when an image was tagged. A file
for each image outlives a restart of the service, and its content is its
modification time alone.
"""

import os
import pathlib


class Usage:
    """Remembers the last use of each image below a folder of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def touch(self, image_id: str) -> None:
        """Note that an image is in use now."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / image_id
        path.touch()
        os.utime(path)

    def last_s(self, image_id: str) -> float:
        """Give the time of the last use in seconds of the system's clock.

        One that was never noted counts from now: it is not thrown away
        because of a file that was lost.
        """
        path = self._folder / image_id
        if not path.exists():
            self.touch(image_id)
        return path.stat().st_mtime

    def forget(self, image_id: str) -> None:
        """Forget an image; one that was never noted is fine."""
        (self._folder / image_id).unlink(missing_ok=True)

    def known(self) -> set[str]:
        """List the images that were noted."""
        if not self._folder.exists():
            return set()
        return {path.name for path in self._folder.iterdir()}
