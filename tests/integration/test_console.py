"""Consoles as users open them: the API's URL, and a websocket."""

import urllib.parse

import openstack
import websocket

from tests.integration import cloud

_DEADLINE_S = 30


class ConsoleTest(cloud.CloudTestCase):
    def url(self, server):
        return self.admin.compute.create_console(server, 'serial')['url']

    def connected(self, url):
        found = websocket.create_connection(
            url, timeout=_DEADLINE_S, subprotocols=['binary']
        )
        self.addCleanup(found.shutdown)
        return found

    def read_until(self, connection, wanted):
        found = b''
        while wanted not in found:
            frame = connection.recv_frame()
            if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
                self.fail(f'it was closed after {found!r}')
            found += frame.data
        return found

    def read_to_end(self, connection):
        """Read to the end, and give what came before it."""
        found = b''
        try:
            while True:
                frame = connection.recv_frame()
                if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
                    return found
                found += frame.data
        except (websocket.WebSocketException, ConnectionError):
            return found

    def refused(self, code, server):
        """Ask for a console that there is not; give the sentence."""
        error = self.assertRaises(
            openstack.exceptions.HttpException, self.url, server
        )
        self.assertEqual(code, error.status_code)
        return error.details

    def wait_for_no_shell(self, server):
        def living():
            ids = self.container(server)['ExecIDs'] or ()
            return [
                each
                for each in ids
                if self.engine.exec_inspect(each)['Running']
            ]

        cloud.wait_until(lambda: not living(), 'the end of all shells')

    def test_shell_answers_and_ends_with_its_user(self):
        server = self.boot(image=self.shell_image())
        connection = self.connected(self.url(server))
        connection.send_binary(b'echo the answer is $((6 * 7))\n')
        self.read_until(connection, b'the answer is 42\r\n')
        connection.close()
        self.wait_for_no_shell(server)

    def test_url_opens_once(self):
        server = self.boot(image=self.shell_image())
        url = self.url(server)
        self.read_until(self.connected(url), b'# ')
        try:
            said = self.read_to_end(self.connected(url))
        except (websocket.WebSocketException, ConnectionError):
            said = b''
        self.assertEqual(b'', said)

    def test_console_ends_with_its_server(self):
        server = self.boot(image=self.shell_image())
        compute = self.admin.compute
        for deed, status in (
            (lambda: compute.reboot_server(server, 'HARD'), 'ACTIVE'),
            (lambda: compute.stop_server(server), 'SHUTOFF'),
        ):
            connection = self.connected(self.url(server))
            self.read_until(connection, b'# ')
            deed()
            self.read_to_end(connection)
            self.wait_for_status(server, status)

    def test_console_is_refused_with_a_sentence(self):
        server = self.boot()
        self.assertIn('no /bin/sh', self.refused(400, server))
        self.admin.compute.stop_server(server)
        self.wait_for_status(server, 'SHUTOFF')
        self.assertIn('while it is running', self.refused(409, server))
        # It is none the worse for it.
        self.admin.compute.start_server(server)
        self.wait_for_status(server, 'ACTIVE')

    def test_page_is_beside_the_consoles(self):
        server = self.boot(image=self.shell_image())
        where = urllib.parse.urlsplit(self.url(server))
        answer = self.admin.session.get(
            f'http://{where.netloc}/index.html', authenticated=False
        )
        self.assertIn('Console of a server', answer.text)
