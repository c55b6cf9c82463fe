"""The console log, and the console that one types into."""

import ssl

from tempest import config
from tempest.lib import decorators
import testtools

from novadocker_tempest_plugin import console as console_module
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
        found = self.servers_client.get_remote_console(
            server['id'], console_type='serial', protocol='serial'
        )['remote_console']
        with console_module.Console(
            found['url'],
            timeout_s=CONF.validation.ssh_timeout,
            tls=self._tls(),
        ) as console:
            console.type('echo the answer is $((6 * 7))\n')
            console.read_until('the answer is 42')

    def _tls(self) -> ssl.SSLContext:
        """Trust whom tempest trusts."""
        context = ssl.create_default_context(
            cafile=CONF.identity.ca_certificates_file
        )
        if CONF.identity.disable_ssl_certificate_validation:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
