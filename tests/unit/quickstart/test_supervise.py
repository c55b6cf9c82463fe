"""Starting services: what is well, what is tried again."""

import http.client
import http.server
import pathlib
import socket
import threading
from unittest import mock
import xmlrpc.client

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart import service
from deploy.quickstart import supervise
from tests.fixtures import ports

PLAIN = service.Service('plain', service.Tier.BASE, ('/bin/plain',))


class FakeRpc:
    """supervisord's side: each start takes the next state from a list."""

    def __init__(self, *outcomes):
        self._outcomes = list(outcomes)
        self.starts = 0
        self.fault = None
        self.state = 'STOPPED'
        self.calls = []

    def startProcess(self, name, wait):
        self.starts += 1
        if self.fault is not None:
            raise xmlrpc.client.Fault(self.fault, 'said by supervisord')
        self.state = self._outcomes.pop(0)

    def stopProcess(self, name, wait):
        if self.fault is not None:
            raise xmlrpc.client.Fault(self.fault, 'said by supervisord')
        if self.state == 'STOPPED':
            raise xmlrpc.client.Fault(70, 'NOT_RUNNING')
        self.state = 'STOPPED'

    def getState(self):
        raise http.client.BadStatusLine('not supervisord')

    def reloadConfig(self):
        return [[['new'], ['changed'], ['old']]]

    def __getattr__(self, name):
        return lambda *arguments: self.calls.append((name, *arguments))

    def getPID(self):
        return 7

    def shutdown(self):
        self.calls.append(('shutdown',))

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

    def test_stranger_on_the_socket_is_no_supervisor(self):
        self._with(FakeRpc())
        self.home.run.mkdir()
        self.home.supervisor_socket.touch()
        self.assertFalse(self.supervisor.is_running())

    def test_refusal_to_stop_is_not_swallowed(self):
        self._with(FakeRpc()).fault = 20
        self.assertRaises(xmlrpc.client.Fault, self.supervisor.stop, ['plain'])

    def test_service_that_does_not_stop(self):
        rpc = self._with(FakeRpc())
        self.patch(supervise, '_STOP_TIMEOUT_S', 0)
        rpc.state = 'RUNNING'
        self.patch(FakeRpc, 'stopProcess', lambda rpc, name, wait: None)
        err = self.assertRaises(
            exception.OperationFailed, self.supervisor.stop, ['plain']
        )
        self.assertIn('services stop', str(err))

    def test_changed_table_stops_only_what_changed(self):
        rpc = self._with(FakeRpc())
        self.assertEqual({'changed', 'old'}, self.supervisor.reload())
        self.assertEqual(
            [
                ('stopProcessGroup', 'changed'),
                ('removeProcessGroup', 'changed'),
                ('stopProcessGroup', 'old'),
                ('removeProcessGroup', 'old'),
                ('addProcessGroup', 'new'),
                ('addProcessGroup', 'changed'),
            ],
            rpc.calls,
        )

    def test_end_of_supervisord_is_waited_for(self):
        rpc = self._with(FakeRpc())
        alive = [True, False]
        self.patch(process, 'is_alive', lambda pid: alive.pop(0))
        self.supervisor.shutdown()
        self.assertEqual([('shutdown',)], rpc.calls)
        self.assertEqual([], alive)

    def test_supervisord_that_does_not_end(self):
        self._with(FakeRpc())
        self.patch(supervise, '_STOP_TIMEOUT_S', 0)
        self.patch(process, 'is_alive', lambda pid: True)
        self.assertRaises(exception.OperationFailed, self.supervisor.shutdown)

    def test_launch_waits_for_an_answer(self):
        commands = []
        answers = [False, True]
        self.patch(
            process, 'run', lambda words, env, log: commands.append(words)
        )
        self.patch(
            supervise.Supervisor, 'is_running', lambda it: answers.pop(0)
        )
        self.supervisor.launch()
        (command,) = commands
        self.assertEqual('supervisord', command[0].name)
        self.assertEqual(self.home.etc / 'supervisord.conf', command[2])


class IsWellTestCase(testtools.TestCase):
    def _service(self, **wanted):
        return service.Service('it', service.Tier.BASE, ('/bin/it',), **wanted)

    def test_starting_is_not_well(self):
        self.assertFalse(supervise.is_well(PLAIN, 'STARTING'))

    def test_running_is_all_that_some_can_be_asked(self):
        self.assertTrue(supervise.is_well(PLAIN, 'RUNNING'))

    def test_port(self):
        port = self.useFixture(ports.Port()).number
        it = self._service(address='127.0.0.1', port=port)
        with socket.create_server(('127.0.0.1', port)):
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

    def _answering(self, status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()

            def log_message(self, *words):
                pass

        server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        return self._service(
            address='127.0.0.1', port=server.server_port, is_http=True
        )

    def test_application_that_refuses_is_loaded(self):
        it = self._answering(401)
        self.assertTrue(supervise.is_well(it, 'RUNNING'))

    def test_server_without_its_application_is_not_well(self):
        it = self._answering(500)
        self.assertFalse(supervise.is_well(it, 'RUNNING'))
