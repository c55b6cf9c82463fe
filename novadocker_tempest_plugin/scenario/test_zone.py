"""Where images land in a cloud that has hosts of several kinds."""

from typing import Any

from tempest import config
from tempest import exceptions
from tempest.lib import decorators
import testtools

from novadocker_tempest_plugin.scenario import case

CONF = config.CONF

_needs_other_zone = testtools.skipUnless(
    CONF.docker.other_zone, '[docker] other_zone is not set.'
)
_needs_other_image = testtools.skipUnless(
    CONF.docker.other_image_ref, '[docker] other_image_ref is not set.'
)


class ZoneTest(case.DockerScenarioTest):
    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.docker.zone:
            raise cls.skipException('[docker] zone is not set.')

    def _zone(self, server: dict[str, Any]) -> str:
        return str(server['OS-EXT-AZ:availability_zone'])

    @decorators.idempotent_id('7c3a17d7-7e37-4e1b-889e-e5932240c9d2')
    def test_container_lands_on_a_docker_host(self) -> None:
        self.assertEqual(CONF.docker.zone, self._zone(self.boot()))

    @decorators.idempotent_id('6209713c-54cc-4e09-9b29-11a7f37e2a0f')
    @_needs_other_zone
    def test_container_finds_no_host_in_the_other_zone(self) -> None:
        fault = self.fault(availability_zone=CONF.docker.other_zone)
        self.assertIn('No valid host', fault)

    @decorators.idempotent_id('277a00cd-d0e9-4f23-aec3-bb30c87fcdb2')
    @_needs_other_zone
    @_needs_other_image
    def test_another_image_lands_in_the_other_zone(self) -> None:
        server = self.boot(image_id=CONF.docker.other_image_ref)
        self.assertEqual(CONF.docker.other_zone, self._zone(server))

    @decorators.idempotent_id('af0310ca-a3fd-4dc5-880b-5127423645a2')
    @_needs_other_image
    def test_another_image_lands_on_no_docker_host(self) -> None:
        # Nova heeds a zone only if an aggregate has it; those hosts that no
        # aggregate put into one are in the default zone.
        try:
            server = self.boot(
                image_id=CONF.docker.other_image_ref,
                availability_zone=CONF.docker.zone,
            )
        except exceptions.BuildErrorException as err:
            self.assertIn('No valid host', str(err))
        else:
            self.assertNotEqual(CONF.docker.zone, self._zone(server))
