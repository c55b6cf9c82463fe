"""The console log, and the console that one types into."""

import fixtures
from tempest import config
from tempest.common import compute
from tempest.lib import decorators
import testtools

from novadocker_tempest_plugin.scenario import case

CONF = config.CONF


class ConsoleTest(case.DockerScenarioTest):
    # Of what makes URLs of every kind of console.
    compute_min_microversion = '2.6'

    @decorators.idempotent_id('b3e3ae25-d0f1-4568-8b4c-f1043b8e6fad')
    @testtools.skipUnless(
        CONF.compute_feature_enabled.console_output,
        '[compute-feature-enabled] console_output is off.',
    )
    def test_log_has_what_the_command_has_written(self) -> None:
        server = self.boot()
        self.wait_until(
            lambda: 'guest starts' in self._log(server), 'the first line'
        )

    def _log(self, server: dict[str, str]) -> str:
        found = self.servers_client.get_console_output(server['id'])
        return str(found['output'])

    @decorators.idempotent_id('eb7cfed1-f667-432d-bec5-96578aa55321')
    @testtools.skipUnless(
        CONF.compute_feature_enabled.serial_console,
        '[compute-feature-enabled] serial_console is off.',
    )
    def test_shell_answers_in_the_console(self) -> None:
        server = self.boot()
        console = self.servers_client.get_remote_console(
            server['id'], console_type='serial', protocol='serial'
        )['remote_console']
        # It waits for ever, and frames are told by their first bytes.
        self.useFixture(
            fixtures.Timeout(CONF.validation.ssh_timeout, gentle=True)
        )
        # It knows the protocol by the names of the web.
        url = console['url'].replace('ws', 'http', 1)
        websocket = compute.create_websocket(url)
        self.addCleanup(websocket.close)
        self.assertIn(b' 101 ', websocket.response.partition(b'\r\n')[0])
        websocket.send_frame(b'echo the answer is $((6 * 7))\n')
        said = b''
        while b'is 42' not in said:
            frame = websocket.receive_frame()
            self.assertIsNotNone(frame, f'It was closed after {said!r}.')
            said += frame
