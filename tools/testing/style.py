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
    'shellcheck': ['shellcheck'],
    # devstack's own exceptions: long lines, and files without a suffix.
    'bashate': ['bashate', '-i', 'E005,E006', '-e', 'E042'],
}
# What is said after the words of a check, by patterns.
_FILES = {
    name: (
        'devstack/plugin.sh',
        'devstack/settings',
        'devstack/override-defaults',
        'devstack/lib/*',
    )
    for name in ('shellcheck', 'bashate')
}


def files(source: pathlib.Path, name: str) -> list[str]:
    """List what a check is told to read, as it is seen from the source."""
    return [
        str(path.relative_to(source))
        for pattern in _FILES.get(name, ())
        for path in sorted(source.glob(pattern))
    ]


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
            [str(venv / 'bin' / program), *arguments, *files(source, name)],
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
