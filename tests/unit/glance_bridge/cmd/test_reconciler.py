"""How the reconciler starts and ends."""

import os
import signal
import threading

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge.cmd import reconciler


class _Loop:
    """One that gets a signal while it runs."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.stopped = threading.Event()

    def run(self) -> None:
        os.kill(os.getpid(), self._number)
        assert self.stopped.wait(60)

    def stop(self) -> None:
        self.stopped.set()


class MainTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.useFixture(
            fixtures.EnvironmentVariable(bridge_conf.FOLDER_VARIABLE, folder)
        )
        for each in (signal.SIGTERM, signal.SIGINT):
            self.addCleanup(signal.signal, each, signal.getsignal(each))

    def _run(self, loop: object) -> int:
        self.useFixture(
            fixtures.MonkeyPatch('oslo_config.cfg.CONF', cfg.ConfigOpts())
        )
        self.useFixture(
            fixtures.MonkeyPatch('glance_bridge.rooms.Rooms.loop', loop)
        )
        return reconciler.main([])

    def test_it_ends_when_it_is_told_to(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            loop = _Loop(number)
            self.assertEqual(0, self._run(loop))
            self.assertTrue(loop.stopped.is_set())

    def test_options_that_cannot_be_are_said(self):
        def fail(rooms: object) -> None:
            raise exception.ConfigurationInvalid('no key')

        stream = self.useFixture(fixtures.StringStream('stderr')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', stream))
        self.assertEqual(1, self._run(property(fail)))
        stream.seek(0)
        self.assertIn('no key', stream.read())
