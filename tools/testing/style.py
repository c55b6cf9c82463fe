"""Checks of form: each is one program and counts as one test."""

import pathlib
import time

from tools.testing import command
from tools.testing import report

CHECKS = {
    'ruff check': ['ruff', 'check', '.'],
    'ruff format': ['ruff', 'format', '--check', '.'],
    'mypy': ['mypy'],
    'documents': [
        'sphinx-build',
        '-qW',
        '--keep-going',
        '-b',
        'html',
        'doc/source',
        'doc/build/html',
    ],
}


def check(
    venv: pathlib.Path,
    source: pathlib.Path,
    checkout: pathlib.Path,
    *,
    log: pathlib.Path,
    deadline: float,
) -> report.Result:
    """Run all checks on a copy of the checkout.

    reno reads the history, which a copy has not and a tarball neither.
    """
    began = time.monotonic()
    env = command.environment(venv, source)
    checks = dict(CHECKS)
    if (checkout / '.git').exists():
        checks['release notes'] = ['reno', 'lint', str(checkout)]
    failed = []
    for name, (program, *arguments) in checks.items():
        code = command.run(
            [str(venv / 'bin' / program), *arguments],
            log=log,
            deadline=deadline,
            env=env,
            cwd=source,
        )
        if code:
            failed.append(name)
            print(f'style: FAIL {name}: {command.last_line(log)}', flush=True)
    return report.Result(
        title='style',
        log=log,
        seconds=time.monotonic() - began,
        passed=len(checks) - len(failed),
        failed=failed,
    )
