"""The conversation with memcached."""

import socket
import threading

import testtools

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import process
from deploy.quickstart import seed
from deploy.quickstart import story
from tests.unit.quickstart import records


class Memcached:
    """Answers line by line what it is told to, on a real socket."""

    def __init__(self, answers):
        self._answers = answers
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:  # closed
                return
            with link, link.makefile('rb') as lines:
                for line in lines:
                    answer = self._answers.get(line.split()[0])
                    if answer is None:
                        break
                    link.sendall(answer)

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


GOOD = {
    b'version': b'VERSION 1.6.18\r\n',
    b'set': b'',
    b'hello': b'STORED\r\n',
    b'get': b'VALUE quickstart 0 5\r\nhello\r\nEND\r\n',
    b'stats': b'STAT pid 1\r\nSTAT version 1.6.18\r\nEND\r\n',
}


class ConverseTestCase(testtools.TestCase):
    def _converse(self, answers):
        server = Memcached(answers)
        self.addCleanup(server.close)
        self.patch(constants, 'MEMCACHED_PORT', server.port)
        return story.converse('127.0.0.1')

    def test_version_is_read(self):
        self.assertEqual('1.6.18', self._converse(GOOD))

    def test_lost_value_is_a_failure(self):
        err = self.assertRaises(
            exception.OperationFailed,
            self._converse,
            GOOD | {b'get': b'END\r\n'},
        )
        self.assertIn('does not return what it was given', str(err))

    def test_hang_up_is_a_failure(self):
        answers = {key: GOOD[key] for key in (b'version', b'set', b'hello')}
        err = self.assertRaises(
            exception.OperationFailed, self._converse, answers
        )
        self.assertIn('hung up', str(err))

    def test_nobody_there_is_a_failure(self):
        self.patch(constants, 'MEMCACHED_PORT', 1)
        self.patch(story, '_ANSWER_TIMEOUT_S', 0)
        self.assertRaises(
            exception.OperationFailed, story.converse, '127.0.0.1'
        )

    def test_stats_without_a_version(self):
        self.assertRaises(exception.OperationFailed, story.version, b'END\r\n')


class Demo:
    """The tenant's view of Nova and Neutron, with one server at most."""

    def __init__(self, status=None, fault=None):
        self.compute = self.network = self
        self.done = []
        self.born = 'ACTIVE'
        self.fault = fault
        self.addresses = records.Records()
        self.server = self._server(status) if status else None

    def _server(self, status):
        return records.row(
            id='s', name='memcached', status=status, fault=self.fault
        )

    def find_server(self, name):
        return self.server

    def get_server(self, identity):
        return self.server

    def create_server(self, **fields):
        self.done.append('create')
        self.server = self._server(self.born)
        return self.server

    def start_server(self, identity):
        self.done.append('start')
        self.server = self._server('ACTIVE')

    def delete_server(self, identity):
        self.done.append('delete')

    def wait_for_delete(self, server):
        self.done.append('wait')

    def find_flavor(self, name):
        return records.row(id='flavor')

    def find_network(self, name):
        return records.row(id=name)

    def ports(self, *, device_id):
        return iter([records.row(id='port')])

    def ips(self, *, port_id):
        return iter(self.addresses.rows)

    def create_ip(self, **fields):
        return self.addresses.create(
            floating_ip_address='203.0.113.7', **fields
        )


class BootTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.patch(seed, 'find_image', lambda demo: records.row(id='image'))
        self.patch(process, 'wait_until', self._expect)

    def _expect(self, predicate, timeout_s, what):
        if not predicate():
            raise exception.OperationFailed(what)

    def _done(self, demo):
        self.assertEqual('ACTIVE', story.boot(demo).status)
        return demo.done

    def test_first_time_it_is_made(self):
        self.assertEqual(['create'], self._done(Demo()))

    def test_running_one_is_left_alone(self):
        self.assertEqual([], self._done(Demo('ACTIVE')))

    def test_stopped_one_is_started(self):
        self.assertEqual(['start'], self._done(Demo('SHUTOFF')))

    def test_one_in_error_is_booted_anew(self):
        self.assertEqual(
            ['delete', 'wait', 'create'], self._done(Demo('ERROR'))
        )

    def _failure(self, **wanted):
        demo = Demo(**wanted)
        demo.born = 'ERROR'
        return str(
            self.assertRaises(exception.OperationFailed, story.boot, demo)
        )

    def test_fault_is_told(self):
        said = self._failure(fault={'message': 'No valid host'})
        self.assertIn('No valid host', said)

    def test_error_without_a_fault(self):
        self.assertIn('no fault is recorded', self._failure())

    def test_never_active(self):
        demo = Demo()
        demo.born = 'BUILD'
        err = self.assertRaises(exception.OperationFailed, story.boot, demo)
        self.assertIn('becomes ACTIVE', str(err))

    def test_floating_address_is_made_once(self):
        demo = Demo('ACTIVE')
        for _ in range(2):
            found = story.floating_ip(demo, demo.server)
            self.assertEqual('203.0.113.7', found)
        self.assertEqual(1, len(demo.addresses.made))
        self.assertEqual('port', demo.addresses.made[0].port_id)
