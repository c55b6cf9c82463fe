"""The settings of Neutron's agent that a boot waits for."""

from collections.abc import Iterator
import contextlib
import re

from benchmarks.measure import cloud

SERVICE = 'neutron-openvswitch-agent'
# What a deployment has that changes nothing, and what we recommend.
STOCK_S, TUNED_S = 2, 1
_LINE = re.compile(r'^polling_interval = \d+$', re.MULTILINE)


@contextlib.contextmanager
def polling(interval_s: int) -> Iterator[None]:
    """Have the agent look for new ports every so many seconds."""
    path = cloud.home() / 'etc/neutron/openvswitch_agent.ini'
    before = path.read_text()
    after = with_interval(before, interval_s)
    if after == before:
        yield
        return
    path.write_text(after)
    try:
        cloud.quickstart('restart', SERVICE)
        yield
    finally:
        path.write_text(before)
        cloud.quickstart('restart', SERVICE)


def with_interval(text: str, interval_s: int) -> str:
    """Give the agent's configuration another interval."""
    changed, count = _LINE.subn(f'polling_interval = {interval_s}', text)
    if not count:
        raise ValueError('the agent has no polling_interval to change')
    return changed
