"""What a failed story has made is taken back, whatever happens meanwhile."""

from collections.abc import Callable
import contextlib
from typing import Any

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class Undo(contextlib.ExitStack):
    """A stack of deeds that run in reverse order if the story fails.

    A deed that fails itself is logged and the others still run: the user is
    told why the story failed, not why the cleaning did.
    """

    def add(self, deed: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Remember a deed; ``pop_all()`` forgets all of them."""
        self.callback(_attempt, deed, *args, **kwargs)


def _attempt(deed: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    try:
        deed(*args, **kwargs)
    except Exception:  # undoing: the next deed has to run all the same
        LOG.exception(
            'Could not undo: %(deed)s %(arguments)s',
            {'deed': deed.__qualname__, 'arguments': args},
        )
