"""What is left of a switch that was killed."""

from unittest import mock

import testtools

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
