"""Decorators of entry points that keep their types.

oslo.privsep's own decorator gives back an object that takes and returns
anything; callers are to be checked against what the deed really takes.
"""

from collections.abc import Callable
from typing import ParamSpec
from typing import TypeVar
from typing import cast

import novadocker.privsep

_P = ParamSpec('_P')
_T = TypeVar('_T')


def net(deed: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a deed run in the daemon that has power over networks."""
    return cast(Callable[_P, _T], novadocker.privsep.net.entrypoint(deed))


def mount(deed: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a deed run in the daemon that has power over file systems."""
    return cast(Callable[_P, _T], novadocker.privsep.mount.entrypoint(deed))


def read(deed: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a deed run in the daemon that may read what it likes."""
    return cast(Callable[_P, _T], novadocker.privsep.read.entrypoint(deed))
