"""What a test asks of a guest; its scripts are tested with busybox."""

import fixtures
import testtools

from novadocker_tempest_plugin import guest
from tests.fixtures import http_server
from tests.fixtures import ports


class Handler(http_server.Handler):
    """Says what the test has written into its answers."""

    def do_GET(self):
        self.server.fixture.asked.append(
            (self.command, self.path, self.read_body())
        )
        status, content = self.server.fixture.answers.get(
            self.path, (404, b'')
        )
        self.send_response(status)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.do_GET()


class Answers(fixtures.Fixture):
    def _setUp(self):
        self.asked, self.answers = [], {'/': (200, b'guest')}
        self.port = http_server.serve(self, Handler).server_port


class GuestTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.useFixture(Answers())
        self.guest = self._guest(self.server.port)

    def _guest(self, port):
        return guest.Guest('127.0.0.1', timeout_s=30, port=port)

    def test_it_answers_with_its_own_word(self):
        self.assertTrue(self.guest.answers())
        for other in ((200, b'nginx'), (500, b'guest')):
            self.server.answers['/'] = other
            self.assertFalse(self.guest.answers())

    def test_nobody_answers_at_a_closed_port(self):
        number = self.useFixture(ports.Port()).number
        self.assertFalse(self._guest(number).answers())

    def test_reading_gives_the_file_as_it_is(self):
        self.server.answers['/cgi-bin/read?/a%20file'] = (200, b'text\n')
        self.assertEqual('text\n', self.guest.read('/a file'))

    def test_writing_sends_the_text(self):
        self.server.answers['/cgi-bin/write?/mark'] = (200, b'')
        self.guest.write('/mark', 'text')
        self.assertEqual(
            ('POST', '/cgi-bin/write?/mark', b'text'), self.server.asked[-1]
        )

    def test_what_is_refused_is_told(self):
        for deed in (
            lambda: self.guest.read('/mark'),
            lambda: self.guest.write('/mark', 'text'),
        ):
            raised = self.assertRaises(guest.Refused, deed)
            self.assertIn('/mark: 404', str(raised))

    def test_environment_is_that_of_the_first_process(self):
        self.server.answers['/cgi-bin/read?/proc/1/environ'] = (
            *(200, b'PATH=/bin\0SUM=1+1=2\0odd\0'),
        )
        self.assertEqual(
            {'PATH': '/bin', 'SUM': '1+1=2'}, self.guest.environment()
        )

    def test_it_tells_whom_it_reaches(self):
        path = '/cgi-bin/ask?10.1.2.3'
        for answer, reaches in (
            ((200, b'guest'), True),
            ((200, b'nginx'), False),
            ((504, b''), False),
        ):
            self.server.answers[path] = answer
            self.assertEqual(reaches, self.guest.reaches('10.1.2.3'))

    def test_the_start_script_serves_what_is_in_the_layer(self):
        start = guest.programs()[guest.START.lstrip('/')]
        self.assertIn(f'-p {guest.PORT} -h /guest/www', start)
