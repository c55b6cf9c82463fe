"""What went through the ports of servers, counted on the host.

The host's end of a port is a device of its own, which its server cannot touch
and anybody may read: what comes in there, the server has sent.

:source: proc_pid_net(5), /proc/net/dev
"""

import pathlib

from novadocker import model

# Not /proc/net: that is the namespace of the process, not of the thread.
_DEVICES = pathlib.Path('/proc/thread-self/net/dev')


def by_device() -> dict[str, model.NicCounters]:
    """Count for each device of the host, from its other end's side."""
    # Two lines of titles.
    lines = _DEVICES.read_text().splitlines()[2:]
    return dict(map(_counters, lines))


def _counters(line: str) -> tuple[str, model.NicCounters]:
    name, _, text = line.partition(':')
    values = [int(word) for word in text.split()]
    received, sent = values[:8], values[8:]
    return name.strip(), model.NicCounters(
        rx_bytes=sent[0],
        rx_packets=sent[1],
        rx_errors=sent[2],
        rx_drop=sent[3],
        tx_bytes=received[0],
        tx_packets=received[1],
        tx_errors=received[2],
        tx_drop=received[3],
    )
