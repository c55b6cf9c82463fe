"""Starting services: what is well, what is tried again."""

import pathlib
import socket
from unittest import mock
import xmlrpc.client

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import service
from deploy.quickstart import supervise

PLAIN = service.Service('plain', service.Tier.BASE, ('/bin/plain',))


class FakeRpc:
    """supervisord's side: each start takes the next state from a list."""

    def __init__(self, *outcomes):
        self._outcomes = list(outcomes)
        self.starts = 0
        self.fault = None
        self.state = 'STOPPED'

    def startProcess(self, name, wait):
        self.starts += 1
        if self.fault is not None:
            raise xmlrpc.client.Fault(self.fault, 'said by supervisord')
        self.state = self._outcomes.pop(0)

    def stopProcess(self, name, wait):
        if self.state == 'STOPPED':
            raise xmlrpc.client.Fault(70, 'NOT_RUNNING')
        self.state = 'STOPPED'

    def getAllProcessInfo(self):
        return [{'name': 'plain', 'statename': self.state, 'pid': 7}]


class SupervisorTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        self.home.log.mkdir()
        self.supervisor = supervise.Supervisor(self.home)
        self.patch(supervise, '_POLL_S', 0)

    def _with(self, rpc):
        patcher = mock.patch.object(supervise.Supervisor, '_rpc', rpc)
        patcher.start()
        self.addCleanup(patcher.stop)
        return rpc

    def test_start_waits_until_it_runs(self):
        rpc = self._with(FakeRpc('RUNNING'))
        self.supervisor.start([PLAIN])
        self.assertEqual(1, rpc.starts)

    def test_first_failure_is_forgiven(self):
        rpc = self._with(FakeRpc('FATAL', 'RUNNING'))
        self.supervisor.start([PLAIN])
        self.assertEqual(2, rpc.starts)

    def test_second_failure_shows_the_log(self):
        self._with(FakeRpc('FATAL', 'FATAL'))
        self.home.log_of('plain').write_text('one\nthe reason\n')
        err = self.assertRaises(
            exception.OperationFailed, self.supervisor.start, [PLAIN]
        )
        self.assertIn('plain does not start', str(err))
        self.assertIn('the reason', str(err))
        self.assertIn(str(self.home.log_of('plain')), str(err))

    def test_never_well_is_a_failure(self):
        self.patch(supervise, '_START_TIMEOUT_S', 0)
        self._with(FakeRpc('STARTING'))
        err = self.assertRaises(
            exception.OperationFailed, self.supervisor.start, [PLAIN]
        )
        self.assertIn('not well', str(err))

    def test_running_one_is_left_alone(self):
        rpc = self._with(FakeRpc())
        rpc.state, rpc.fault = 'RUNNING', 60
        self.supervisor.start([PLAIN])

    def test_refusal_of_supervisord_is_a_failure(self):
        self._with(FakeRpc()).fault = 20
        err = self.assertRaises(
            exception.OperationFailed, self.supervisor.start, [PLAIN]
        )
        self.assertIn('said by supervisord', str(err))

    def test_stopping_what_is_stopped_is_fine(self):
        self._with(FakeRpc())
        self.supervisor.stop(['plain'])

    def test_no_socket_no_supervisor(self):
        self.assertFalse(self.supervisor.is_running())

    def test_dead_socket_no_supervisor(self):
        self.home.run.mkdir()
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(self.home.supervisor_socket))
        self.assertFalse(self.supervisor.is_running())


class IsWellTestCase(testtools.TestCase):
    def _service(self, **wanted):
        return service.Service('it', service.Tier.BASE, ('/bin/it',), **wanted)

    def test_starting_is_not_well(self):
        self.assertFalse(supervise.is_well(PLAIN, 'STARTING'))

    def test_running_is_all_that_some_can_be_asked(self):
        self.assertTrue(supervise.is_well(PLAIN, 'RUNNING'))

    def test_port(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            it = self._service(address='127.0.0.1', port=port)
            self.assertTrue(supervise.is_well(it, 'RUNNING'))
        self.assertFalse(supervise.is_well(it, 'RUNNING'))

    def test_socket(self):
        folder = self.useFixture(fixtures.TempDir()).path
        it = self._service(socket=f'{folder}/sock')
        self.assertFalse(supervise.is_well(it, 'RUNNING'))
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f'{folder}/sock')
            server.listen()
            self.assertTrue(supervise.is_well(it, 'RUNNING'))

    def test_http_needs_more_than_an_open_port(self):
        it = self._service(address='127.0.0.1', port=1, is_http=True)
        self.assertFalse(supervise.is_well(it, 'RUNNING'))
