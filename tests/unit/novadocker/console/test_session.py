"""Sessions are counted, told of, and ended."""

import socket
import threading
from unittest import mock

from novadocker import exception
from novadocker import model
from novadocker.console import secret
from novadocker.console import session
from novadocker.console import shell
from tests.fixtures import netns
from tests.fixtures import proxy
from tests.unit.novadocker.console import shells


class SessionsTest(shells.ShellTestCase):
    def setUp(self):
        super().setUp()
        self.failure = None
        self.sessions = session.Sessions(self._open, per_server=2, in_all=3)
        self.addCleanup(self.sessions.end_all, 60)

    def _open(self, grant):
        if self.failure:
            raise self.failure
        return shell.Attachment(self.terminals, grant.container_id)

    def begin(self, container_id=None, typed=b''):
        user, peer = socket.socketpair()
        user.settimeout(60)
        self.addCleanup(user.close)
        grant = secret.Grant(
            container_id or self.container_id, model.Console.ATTACH
        )
        # Options of TCP, which this is not.
        with mock.patch.object(session, '_OPTIONS', ()):
            has_room = self.sessions.begin(peer, grant, typed)
            if has_room:
                found = proxy.read_exactly(user, len(proxy.ACCEPTED))
                self.assertEqual(proxy.ACCEPTED, found)
                return user
        peer.close()
        return None

    def wait_for(self, count):
        netns.wait_until(
            lambda: len(self.sessions) == count, f'{count} sessions'
        )

    def inside(self, container_id=None):
        name = container_id or self.container_id
        netns.wait_until(lambda: name in self.terminals.inside, 'a terminal')
        return self.terminals.inside[name]

    def test_conversation(self):
        user = self.begin(typed=b'early ')
        inside = self.inside()
        user.sendall(b'late')
        self.assertEqual(b'early late', proxy.read_exactly(inside, 10))
        inside.sendall(b'heard')
        self.assertEqual(b'heard', proxy.read_exactly(user, 5))
        inside.close()
        self.assertEqual(b'', proxy.read_to_end(user))
        self.wait_for(0)
        self.assertIn('was closed', self.log.output)

    def test_limits(self):
        other = self.running()
        first = self.begin()
        self.assertIsNotNone(self.begin())
        self.assertIsNone(self.begin())
        self.assertIsNotNone(self.begin(other))
        self.assertIsNone(self.begin(other))
        first.close()
        self.wait_for(2)
        self.assertIsNotNone(self.begin(other))

    def test_no_thread_left(self):
        with mock.patch.object(
            threading.Thread, 'start', side_effect=RuntimeError('a test')
        ):
            self.assertIsNone(self.begin())
        self.assertEqual(0, len(self.sessions))
        self.assertIn('a test', self.log.output)

    def test_terminal_that_cannot_be_opened(self):
        for failure in (
            exception.ContainerNotFound(name='x'),
            exception.EngineUnavailable(host='h', reason='a test'),
        ):
            self.failure = failure
            user = self.begin()
            self.assertEqual(
                b'The console could not be opened.\r\n',
                proxy.read_to_end(user),
            )
            self.wait_for(0)
            self.assertIn(str(failure), self.log.output)

    def test_failure_of_our_own_ends_the_session_alone(self):
        self.failure = ValueError('a test')
        self.assertEqual(b'', proxy.read_to_end(self.begin()))
        self.wait_for(0)
        self.assertIn('A console failed', self.log.output)

    def test_peer_that_has_gone_already(self):
        user, peer = socket.socketpair()
        user.close()
        grant = secret.Grant(self.container_id, model.Console.ATTACH)
        with mock.patch.object(session, '_OPTIONS', ()):
            self.assertTrue(self.sessions.begin(peer, grant, b''))
            self.wait_for(0)
        self.assertNotIn('failed', self.log.output)

    def test_peer_that_goes_before_it_hears_of_a_failure(self):
        user, peer = socket.socketpair()

        def fail(grant):
            user.close()
            raise exception.ContainerNotFound(name='x')

        grant = secret.Grant(self.container_id, model.Console.ATTACH)
        with (
            mock.patch.object(session, '_OPTIONS', ()),
            mock.patch.object(self.sessions, '_open', fail),
        ):
            self.assertTrue(self.sessions.begin(peer, grant, b''))
            self.wait_for(0)
        self.assertNotIn('failed', self.log.output)

    def test_end_of_all(self):
        users = [self.begin(), self.begin()]
        self.sessions.end_all(60)
        self.assertEqual(0, len(self.sessions))
        for user in users:
            self.assertEqual(b'', proxy.read_to_end(user))
        self.assertIsNone(self.begin())

    def test_session_counts_until_its_shell_has_ended(self):
        may_end = threading.Event()
        self.addCleanup(may_end.set)
        with mock.patch.object(
            shell.Attachment, 'close', side_effect=lambda: may_end.wait(60)
        ):
            user = self.begin()
            self.inside().close()
            # The user does not wait for it.
            self.assertEqual(b'', proxy.read_to_end(user))
            self.assertEqual(1, len(self.sessions))
            may_end.set()
            self.wait_for(0)
