"""The reconciler's own comparison of both sides, in this process."""

import time

from benchmarks.measure import cloud
from glance_bridge import conf as bridge_conf
from glance_bridge import rooms


def seconds(count: int) -> list[float]:
    """Compare both sides so many times."""
    folder = str(cloud.home() / 'etc/glance-bridge')
    environment = {bridge_conf.FOLDER_VARIABLE: folder}
    sweeper = rooms.Rooms(bridge_conf.load(environment=environment)).sweeper
    samples = []
    for _ in range(count):
        began = time.monotonic()
        sweeper.sweep()
        samples.append(time.monotonic() - began)
    return samples
