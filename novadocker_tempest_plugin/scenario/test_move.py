"""What a server has written moves with it: resize and cold migration."""

from typing import Any

from tempest import config
from tempest.common import waiters
from tempest.lib import decorators
import testtools

from novadocker_tempest_plugin import guest as guest_module
from novadocker_tempest_plugin.scenario import case

CONF = config.CONF


class MoveTest(case.DockerScenarioTest):
    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.compute_feature_enabled.resize:
            raise cls.skipException('[compute-feature-enabled] resize is off.')
        if CONF.compute.flavor_ref == CONF.compute.flavor_ref_alt:
            raise cls.skipException('There is one flavor only.')

    def _marked(self) -> tuple[dict[str, Any], guest_module.Guest]:
        server = self.boot()
        guest = self.guest(server)
        guest.write('/mark', 'before')
        return server, guest

    def _wait_for(self, server: dict[str, Any], status: str) -> None:
        waiters.wait_for_server_status(
            self.servers_client, server['id'], status
        )

    def _resize(self, server: dict[str, Any]) -> None:
        self.servers_client.resize_server(
            server['id'], flavor_ref=CONF.compute.flavor_ref_alt
        )
        self._wait_for(server, 'VERIFY_RESIZE')

    def _confirm(self, server: dict[str, Any]) -> None:
        self.servers_client.confirm_resize_server(server['id'])
        self._wait_for(server, 'ACTIVE')

    def _flavor(self, server: dict[str, Any]) -> str:
        found = self.servers_client.show_server(server['id'])['server']
        return str(found['flavor']['id'])

    @decorators.idempotent_id('19440750-172e-44d1-8103-dfd28e3a5176')
    def test_resize_keeps_files_and_address(self) -> None:
        server, _ = self._marked()
        self._resize(server)
        self.assertEqual('before', self.guest(server).read('/mark'))
        self._confirm(server)
        self.assertEqual(CONF.compute.flavor_ref_alt, self._flavor(server))
        self.assertEqual('before', self.guest(server).read('/mark'))

    @decorators.idempotent_id('5c7a0c3e-ff42-4bfd-a52c-2979cc726250')
    def test_revert_brings_back_the_server_as_it_was(self) -> None:
        server, _ = self._marked()
        self._resize(server)
        self.guest(server).write('/mark', 'after')
        self.servers_client.revert_resize_server(server['id'])
        self._wait_for(server, 'ACTIVE')
        self.assertEqual(CONF.compute.flavor_ref, self._flavor(server))
        self.assertEqual('before', self.guest(server).read('/mark'))

    @decorators.idempotent_id('639c4fc3-581d-4c7a-a48d-fc1d1ac3c556')
    @testtools.skipUnless(
        CONF.compute_feature_enabled.cold_migration,
        '[compute-feature-enabled] cold_migration is off.',
    )
    @testtools.skipUnless(
        CONF.compute.min_compute_nodes > 1,
        '[compute] min_compute_nodes says that there is one host.',
    )
    def test_migration_to_another_host_keeps_files_and_address(self) -> None:
        server, _ = self._marked()
        before = self.get_host_for_server(server['id'])
        self.os_admin.servers_client.migrate_server(server['id'])
        self._wait_for(server, 'VERIFY_RESIZE')
        self._confirm(server)
        self.assertNotEqual(before, self.get_host_for_server(server['id']))
        self.assertEqual('before', self.guest(server).read('/mark'))
