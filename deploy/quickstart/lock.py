"""One story at a time in a home."""

from collections.abc import Iterator
import contextlib
import fcntl

from deploy.quickstart import exception
from deploy.quickstart import home as home_module


@contextlib.contextmanager
def held(home: home_module.Home) -> Iterator[None]:
    """Hold the home's lock; it ends with the process that holds it.

    :raises OperationFailed: another quickstart holds it
    """
    with open(home.path / 'lock', 'w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise exception.OperationFailed(
                f'Another quickstart works in {home.path}: wait for it.'
            ) from err
        yield
