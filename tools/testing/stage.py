"""Copies of the checkout, so that nothing is run from it or left in it."""

import pathlib
import shutil

# What the wheel carries. Tests get these from site-packages only.
PACKAGED = (
    *('novadocker', 'novadocker_tempest_plugin', 'glance_bridge'),
    *('ocikit', 'nova'),
)
LEFTOVERS = (
    '.git',
    '.*_cache',
    '.stestr',
    '.tox',
    '__pycache__',
    '*.egg-info',
    'build',
    'dist',
)


def copy_all(checkout: pathlib.Path, target: pathlib.Path) -> None:
    """Copy what a commit would have, to build and check."""
    _replace(checkout, target, LEFTOVERS)


def copy_tests(checkout: pathlib.Path, target: pathlib.Path) -> None:
    """Copy everything but the packages: tests, fixtures and what they read.

    A test that imports the project from here finds nothing, so it tests what
    is installed.
    """
    _replace(checkout, target, LEFTOVERS)
    for name in PACKAGED:
        shutil.rmtree(target / name, ignore_errors=True)
    # The cloud is made of the whole checkout, which it finds by its own path.
    quickstart = target / 'tools' / 'quickstart'
    if quickstart.exists():
        quickstart.unlink()
        quickstart.symlink_to(checkout / 'tools' / 'quickstart')


def _replace(
    source: pathlib.Path, target: pathlib.Path, leave_out: tuple[str, ...]
) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(
        source,
        target,
        symlinks=True,
        ignore=shutil.ignore_patterns(*leave_out),
    )
