"""Run programs: output to a log, a deadline, nothing left behind."""

from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
import os
import pathlib
import signal
import subprocess
import time

from tools.testing import failure

# What a fixture has to stop its daemons after an interrupt.
GRACE_S = 30


def environment(venv: pathlib.Path, home: pathlib.Path) -> dict[str, str]:
    """Build the environment of a tested program.

    Neither the caller's Python settings nor its PATH get through: pyenv and
    private copies of docker hide what a stock machine has. What reaches pip
    and the network (PIP_*, proxies) does.
    """
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(('PYTHON', 'PYENV', 'VIRTUAL_ENV', 'DOCKER'))
    }
    env['HOME'] = str(home)
    env['LANG'] = 'C.UTF-8'
    env['PATH'] = f'{venv}/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    # Nova's own switch to native threads: 33 needs it, 34 defaults to it.
    env['OS_NOVA_DISABLE_EVENTLET_PATCHING'] = 'true'
    return env


def run(
    argv: Sequence[str],
    *,
    log: pathlib.Path,
    deadline: float,
    env: Mapping[str, str] | None = None,
    cwd: pathlib.Path | None = None,
) -> int:
    """Run one program to its end and return its exit code.

    :param log: file that gets both outputs, at its end
    :param deadline: on ``time.monotonic()``'s clock
    :raises LevelTimeout: the deadline came first; the program is ended
    """
    with log.open('ab') as out:
        out.write(f'\n$ {" ".join(argv)}\n'.encode())
        out.flush()
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        return wait(child, deadline)


def check(argv: Sequence[str], *, log: pathlib.Path, **kwargs: object) -> None:
    """Run a program that has to succeed.

    :raises LevelNotRun: it did not; the message has its last line
    """
    if code := run(argv, log=log, **kwargs):  # type: ignore[arg-type]
        raise failure.LevelNotRun(
            f'{argv[0]} ended with {code}: {last_line(log)} (see {log})'
        )


def wait(child: subprocess.Popen[bytes], deadline: float) -> int:
    """Wait for a child that leads a session of its own.

    :raises LevelTimeout: after the whole session is ended
    """
    try:
        return child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        end(child)
        raise failure.LevelTimeout('out of time') from None
    except KeyboardInterrupt:
        end(child)
        raise


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child and its process group; an interrupt lets it clean up."""
    os.killpg(child.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
    # Who started something and went away has left it in the group.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def last_line(log: pathlib.Path) -> str:
    """Return the last line of a log that says anything."""
    text = log.read_text(errors='replace') if log.exists() else ''
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else 'it said nothing'
