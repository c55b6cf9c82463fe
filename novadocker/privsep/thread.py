"""A thread that ends with its deed.

One that entered a namespace stays in it, so each such deed gets a thread of
its own: the daemon's own threads never leave the host's namespaces.
"""

from collections.abc import Callable
import concurrent.futures
from typing import TypeVar

_T = TypeVar('_T')


def run(deed: Callable[..., _T], *args: object) -> _T:
    """Run a deed in a fresh thread and give back what it returns."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(deed, *args).result()
