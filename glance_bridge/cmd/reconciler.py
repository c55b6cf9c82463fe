"""``glance-bridge-reconciler``: compares the registry with Glance for ever.

Any number may run; one at a time sweeps.
"""

from collections.abc import Sequence
import signal
import sys
from typing import Any

from oslo_config import cfg

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge import rooms as bridge_rooms


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT, and end what was begun."""
    if arguments is None:
        arguments = sys.argv[1:]
    conf = bridge_conf.load(arguments, conf=cfg.CONF)
    try:
        loop = bridge_rooms.Rooms(conf).loop
    except exception.ConfigurationInvalid as err:
        print(err, file=sys.stderr)
        return 1

    def stop(number: int, frame: Any) -> None:
        loop.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    loop.run()
    return 0
