"""Data on a volume outlives the server that wrote it."""

import pathlib
from typing import Any

from tempest import config
from tempest.common import waiters
from tempest.lib import decorators

from novadocker_tempest_plugin.scenario import case

CONF = config.CONF


class VolumeTest(case.DockerScenarioTest):
    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.service_available.cinder:
            raise cls.skipException('There is no Cinder.')
        if not CONF.docker.volumes:
            raise cls.skipException('[docker] volumes is off.')

    def _attach(self, server: dict[str, Any], volume: dict[str, Any]) -> str:
        """Attach a volume; give the path of a file on it."""
        attachment = self.servers_client.attach_volume(
            server['id'], volumeId=volume['id']
        )['volumeAttachment']
        waiters.wait_for_volume_resource_status(
            self.volumes_client, volume['id'], 'in-use'
        )
        self.addCleanup(self._detach_what_is_left, server, volume)
        name = pathlib.PurePosixPath(attachment['device']).name
        return f'/volumes/{name}/mark'

    def _detach(self, server: dict[str, Any], volume: dict[str, Any]) -> None:
        self.nova_volume_detach(server, volume)
        waiters.wait_for_volume_resource_status(
            self.volumes_client, volume['id'], 'available'
        )

    def _detach_what_is_left(
        self, server: dict[str, Any], volume: dict[str, Any]
    ) -> None:
        found = self.volumes_client.show_volume(volume['id'])['volume']
        if found['attachments']:
            self._detach(server, volume)

    @decorators.idempotent_id('60c13731-3359-4796-87b6-d5c697c68da0')
    def test_data_is_there_for_another_server(self) -> None:
        volume = self.create_volume()
        server, other = self.boot(), self.boot()
        guest = self.guest(server)
        path = self._attach(server, volume)
        guest.write(path, 'on the volume')
        self._detach(server, volume)
        path = self._attach(other, volume)
        self.assertEqual('on the volume', self.guest(other).read(path))
        self._detach(other, volume)

    @decorators.idempotent_id('7b3fd101-6464-4ed8-830e-0215b1a9d06b')
    def test_data_is_there_after_a_reboot(self) -> None:
        volume = self.create_volume()
        server = self.boot()
        path = self._attach(server, volume)
        self.guest(server).write(path, 'on the volume')
        self.servers_client.reboot_server(server['id'], type='HARD')
        waiters.wait_for_server_status(
            self.servers_client, server['id'], 'ACTIVE'
        )
        self.assertEqual('on the volume', self.guest(server).read(path))
        self._detach(server, volume)
