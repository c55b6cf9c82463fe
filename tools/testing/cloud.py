"""The quickstart's cloud for the tests that speak to public APIs."""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import pathlib
import subprocess
import time

from tools.testing import command
from tools.testing import failure

DOWN_S = 120
# For what Nova and its agents still take away when the last test has ended.
LEAKS_S = 60
_PAUSE_S = 2


class Clouds:
    """The clouds of a run, one after the other.

    :param checkout: has the quickstart
    """

    def __init__(self, checkout: pathlib.Path) -> None:
        self._checkout = checkout
        self._stack = contextlib.ExitStack()
        self._options: Sequence[str] = ()

    @contextlib.contextmanager
    def have(
        self,
        options: Sequence[str],
        following: Sequence[str],
        *,
        log: pathlib.Path,
        deadline: float,
    ) -> Iterator[None]:
        """Have a cloud of these options, or none where there are none.

        It stays up where the next one wanted is the same.

        :raises LevelNotRun: it does not come up, or does not go down
        """
        if options != self._options:
            self._stack.enter_context(
                up(self._checkout, options, log=log, deadline=deadline)
            )
            self._options = options
        try:
            yield
        except BaseException:
            self._close()
            raise
        if following != options:
            self._close()

    def _close(self) -> None:
        self._options = ()
        self._stack.close()


@contextlib.contextmanager
def up(
    checkout: pathlib.Path,
    options: Sequence[str],
    *,
    log: pathlib.Path,
    deadline: float,
) -> Iterator[None]:
    """Have a cloud; one that was up before stays up, as it is.

    :raises LevelNotRun: it does not come up, or does not go down
    """
    quickstart = str(checkout / 'tools' / 'quickstart')
    if not pathlib.Path(quickstart).exists():
        raise failure.LevelNotRun('there is no tools/quickstart')
    if command.run([quickstart, 'status'], log=log, deadline=deadline) == 0:
        yield
        return
    print(f'the cloud is coming up (see {log})', flush=True)
    began = time.monotonic()
    try:
        command.check([quickstart, 'up', *options], log=log, deadline=deadline)
        print(f'the cloud is up, {time.monotonic() - began:.0f} s', flush=True)
        yield
    finally:
        command.check(
            [quickstart, 'down'],
            log=log,
            deadline=time.monotonic() + DOWN_S,
        )


def leaks(checkout: pathlib.Path, *, within_s: float = LEAKS_S) -> list[str]:
    """List what belongs to no living server and does not go by itself.

    :param within_s: how long it may take to go
    """
    quickstart = str(checkout / 'tools' / 'quickstart')
    deadline = time.monotonic() + within_s
    while True:
        done = subprocess.run(
            [quickstart, 'leaks'],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.returncode:
            return []
        if time.monotonic() >= deadline:
            said = (done.stdout or done.stderr).splitlines()
            return [f'leak: {line}' for line in said or ['it says nothing']]
        time.sleep(_PAUSE_S)
