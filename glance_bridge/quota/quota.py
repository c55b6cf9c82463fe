"""Whether a project may have one image more."""

from collections.abc import Mapping
from typing import Protocol

from glance_bridge import exception
from glance_bridge.quota import limit

_MIB = 1024 * 1024


class Limits(Protocol):
    def of(self, project_id: str) -> Mapping[str, int]: ...


class Catalogue(Protocol):
    def usage(self, project_id: str) -> tuple[int, int]: ...


class Quota:
    """Compares what a project has with what it may have.

    Two pushes at once are compared with the same usage, so that a project
    may end up with one image too many, as it may with Glance itself.
    """

    def __init__(self, limits: Limits, catalogue: Catalogue) -> None:
        self._limits = limits
        self._catalogue = catalogue

    def check_more(
        self, project_id: str, size_bytes: int, *, images: int = 1
    ) -> None:
        """Check that a project may have one more image of this size.

        :param images: none where Glance counts the image already
        :raises QuotaExceeded: it may not
        :raises ServiceUnavailable: Keystone or Glance cannot say
        """
        limits = self._limits.of(project_id)
        if not limits.keys() & {limit.COUNT, limit.SIZE_MB}:
            return
        count, held_bytes = self._catalogue.usage(project_id)
        most = limits.get(limit.COUNT, -1)
        if _is_over(count + images, most):
            raise exception.QuotaExceeded(
                f'Quota exceeded: project {project_id} has {count} of at '
                f'most {most} images. Delete images first.'
            )
        most_mb = limits.get(limit.SIZE_MB, -1)
        # Glance compares whole MiB, too.
        if _is_over((held_bytes + size_bytes) // _MIB, most_mb):
            raise exception.QuotaExceeded(
                f'Quota exceeded: the images of project {project_id} take '
                f'{held_bytes // _MIB} of at most {most_mb} MiB, and this '
                f'one would take {-(-size_bytes // _MIB)}. Delete images '
                f'first.'
            )


def _is_over(value: int, most: int) -> bool:
    """Compare with a limit, of which -1 is none."""
    return value > most >= 0
