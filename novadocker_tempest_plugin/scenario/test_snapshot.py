"""A snapshot has what the server has written."""

from tempest import config
from tempest.lib import decorators

from novadocker_tempest_plugin.scenario import case

CONF = config.CONF


class SnapshotTest(case.DockerScenarioTest):
    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.compute_feature_enabled.snapshot:
            raise cls.skipException(
                '[compute-feature-enabled] snapshot is off.'
            )

    @decorators.idempotent_id('beb44cb1-5437-430e-8b9f-7012bc01f726')
    def test_snapshot_boots_with_what_was_written(self) -> None:
        server = self.boot()
        guest = self.guest(server)
        guest.write('/mark', 'before the snapshot')
        snapshot = self.create_server_snapshot(server)
        self.assertEqual('docker', snapshot['container_format'])
        guest.write('/mark', 'after the snapshot')
        other = self.guest(self.boot(image_id=snapshot['id']))
        self.assertEqual('before the snapshot', other.read('/mark'))
        self.assertEqual('after the snapshot', guest.read('/mark'))
