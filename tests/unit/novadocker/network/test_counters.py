"""Counters of ports: the other end's view of the host's devices."""

import pathlib

import fixtures
import testtools

from novadocker import model
from novadocker.network import counters

# As Linux 6.1 writes it.
_TEXT = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    \
packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0   \
    0    0    0    0     0       0          0
tap0a0b0c0d-0e: 1101    12   13   14    0     0          0         0     2101\
      22   23   24    0     0       0          0
"""


class CountersTestCase(testtools.TestCase):
    def test_what_the_host_receives_the_server_has_sent(self):
        path = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'dev')
        path.write_text(_TEXT)
        self.patch(counters, '_DEVICES', path)
        found = counters.by_device()
        self.assertEqual({'lo', 'tap0a0b0c0d-0e'}, set(found))
        self.assertEqual(
            model.NicCounters(2101, 22, 23, 24, 1101, 12, 13, 14),
            found['tap0a0b0c0d-0e'],
        )

    def test_this_machine_has_a_loopback(self):
        self.assertIn('lo', counters.by_device())
