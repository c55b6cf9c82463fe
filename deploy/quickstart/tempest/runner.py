"""Run stestr with the chosen tests, and tell what it says as it says it."""

import json
import pathlib
import signal
import subprocess
import time
from typing import TextIO

import rich.console

from deploy.quickstart.tempest import outcome as outcome_module
from deploy.quickstart.tempest import workspace as workspace_module

_PROGRESS_S = 15
# How long stestr and its workers may take to clean up.
_ENDING_S = 60.0
# Not imported: what it needs, only tempest's own Python has.
_READER = pathlib.Path(__file__).with_name('reader.py')


def run(
    workspace: workspace_module.Workspace,
    names: list[str],
    console: rich.console.Console,
    *,
    concurrency: int,
) -> outcome_module.Outcome:
    """Run the tests to their end, or to the user's interrupt.

    Ctrl-C reaches stestr, too, whose workers then clean up; what did not run
    has failed.
    """
    outcome = outcome_module.Outcome(set(names))
    if names:
        listed = workspace.path / 'chosen.txt'
        listed.write_text('\n'.join(names) + '\n')
        words = workspace.stestr(
            *('run', '--subunit', '--load-list', str(listed)),
            *('--concurrency', str(concurrency)),
        )
        with workspace.log.open('w') as log:
            _stream(workspace, words, log, outcome, console)
    outcome.close()
    return outcome


def _stream(
    workspace: workspace_module.Workspace,
    words: list[str],
    log: TextIO,
    outcome: outcome_module.Outcome,
    console: rich.console.Console,
) -> None:
    env = workspace.environment()
    python = str(workspace.venv / 'bin/python')
    with (
        subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=env,
            cwd=workspace.path,
        ) as tests,
        subprocess.Popen(
            [python, str(_READER)],
            stdin=tests.stdout,
            stdout=subprocess.PIPE,
            stderr=log,
            env=env,
            text=True,
        ) as rows,
    ):
        # The reader alone has it now: if that ends, stestr ends.
        if tests.stdout:
            tests.stdout.close()
        try:
            _read(rows, log, outcome, console)
        except KeyboardInterrupt:
            console.print('  interrupted')
        finally:
            _end(tests)


def _end(tests: subprocess.Popen[bytes]) -> None:
    """End stestr; what a shell has started in its background is deaf."""
    if tests.poll() is not None:
        return
    tests.send_signal(signal.SIGINT)
    try:
        tests.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        tests.terminate()


def _read(
    rows: subprocess.Popen[str],
    log: TextIO,
    outcome: outcome_module.Outcome,
    console: rich.console.Console,
) -> None:
    total = len(outcome.pending)
    spoke = time.monotonic()
    for line in rows.stdout or ():
        row = json.loads(line)
        for name in outcome.add(row):
            console.print(f'  FAIL {name}', markup=False, soft_wrap=True)
            log.write(f'\nFAIL {name}\n{row["text"]}\n')
            log.flush()
        if time.monotonic() - spoke > _PROGRESS_S:
            spoke = time.monotonic()
            console.print(
                f'  {outcome.done} of {total} tests, '
                f'{len(outcome.failed)} failed so far',
                highlight=False,
            )
