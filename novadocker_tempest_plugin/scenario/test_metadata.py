"""What a server is told by its metadata."""

from tempest.lib import decorators

from novadocker_tempest_plugin import guest as guest_module
from novadocker_tempest_plugin.scenario import case


class MetadataTest(case.DockerScenarioTest):
    @decorators.idempotent_id('23433e34-c910-40cc-9115-adf2c0035edf')
    def test_command_and_environment(self) -> None:
        command = f'echo "$GREETING" > /said; exec {guest_module.START}'
        server = self.boot(
            metadata={
                'docker:command': f"sh -c '{command}'",
                'docker:env:GREETING': 'hello there',
                'GREETING': 'without the prefix',
            }
        )
        guest = self.guest(server)
        self.assertEqual('hello there\n', guest.read('/said'))
        self.assertEqual('hello there', guest.environment()['GREETING'])

    @decorators.idempotent_id('402adad0-b9a1-42b0-849c-107d2503cc5d')
    def test_key_that_does_not_exist_fails_the_boot(self) -> None:
        fault = self.fault(metadata={'docker:no-such-key': '1'})
        self.assertIn('docker:no-such-key', fault)

    @decorators.idempotent_id('f0773047-d1aa-4edc-94b3-db4fdd62ae02')
    def test_command_that_ends_at_once_fails_the_boot(self) -> None:
        fault = self.fault(metadata={'docker:command': "sh -c 'exit 3'"})
        self.assertIn('exit code 3', fault)
