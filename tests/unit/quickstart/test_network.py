"""What is left of a switch that was killed."""

import pathlib
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import constants
from deploy.quickstart import network
from deploy.quickstart import process


class DatapathTestCase(testtools.TestCase):
    def _commands(self, *, is_foreign):
        with (
            mock.patch.object(
                network, '_foreign_vswitchd', autospec=True
            ) as foreign,
            mock.patch.object(network, 'has_device', autospec=True) as has,
            mock.patch.object(process, 'run', autospec=True) as run,
        ):
            foreign.return_value = is_foreign
            has.return_value = True
            network.delete_datapath()
        return [call.args[0] for call in run.call_args_list]

    def test_device_of_a_killed_switch_is_deleted(self):
        self.assertEqual(
            [['ip', 'link', 'delete', 'ovs-netdev']],
            self._commands(is_foreign=False),
        )

    def test_device_of_another_switch_stays(self):
        self.assertEqual([], self._commands(is_foreign=True))


class RuntimeMapTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.map = folder / 'nova-docker/netns'
        self.patch(constants, 'RUNTIME_MAP_DIR', str(self.map))

    def test_it_tells_which_namespaces_are_of_containers(self):
        self.map.mkdir(parents=True)
        (self.map / 'c1').write_text('v1 /run/netns/nova-1\n')
        self.assertEqual({'nova-1'}, network.mapped_namespaces())
        network.remove_runtime_map()
        self.assertEqual(set(), network.mapped_namespaces())
        self.assertFalse(self.map.parent.exists())
        network.remove_runtime_map()


class AgentsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.known = ['blue', 'nova-1', 'qrouter-1']
        self.patch(network, 'namespaces', lambda: list(self.known))
        self.patch(network, 'delete_namespace', self.known.remove)
        self.patch(
            network, 'ip', lambda *words: '[{"ifname":"lo"},{"ifname":"qr"}]'
        )

    def test_only_what_agents_made_is_forgotten(self):
        self.assertEqual({'qrouter-1': {'lo', 'qr'}}, network.forget_agents())
        self.assertEqual(['blue', 'nova-1'], self.known)

    def test_no_namespace_no_devices(self):
        self.assertEqual(set(), network.devices_of('qrouter-2'))
