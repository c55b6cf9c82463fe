"""Diagnostics: units as Nova has them, and nothing made up."""

import dataclasses

from nova.api.openstack.compute.schemas import server_diagnostics
from nova.api.openstack.compute.views import (
    server_diagnostics as diagnostics_view,
)
from nova.api.validation import validators
from nova.compute import power_state
from nova.objects import base
import testtools

from novadocker import model
from novadocker.state import diagnostics
from tests.fixtures import vif

MIB = 1024 * 1024
PORT = vif.vif(mac='fa:16:3e:00:00:07')
USAGE = model.Statistics(
    cpu_time_ns=5 * 10**9,
    memory_bytes=20 * MIB + 1,
    memory_max_bytes=64 * MIB,
    disk=model.DiskCounters(4096, 1, 8192, 2),
)
MEASURED = diagnostics.Measured(
    power_state=power_state.RUNNING,
    uptime_s=77,
    vcpus=2,
    has_config_drive=False,
    usage=USAGE,
    vifs=[PORT],
    nics={PORT['devname']: model.NicCounters(1, 2, 3, 4, 5, 6, 7, 8)},
)


def answer(measured):
    """Give what the API would, having checked it as the API does."""
    found = diagnostics.diagnostics_of(measured)
    assert isinstance(found, base.NovaObject)
    body = diagnostics_view.ViewBuilder().instance_diagnostics(found)
    schema = server_diagnostics.index_response_v248
    validators._SchemaValidator(schema).validate(body)
    return body


class DiagnosticsTestCase(testtools.TestCase):
    def test_answer_is_what_the_api_promises(self):
        found = answer(MEASURED)
        expected = {
            'state': 'running',
            'hypervisor': 'docker',
            'hypervisor_os': 'linux',
            'uptime': 77,
            'config_drive': False,
            'num_cpus': 2,
            'num_nics': 1,
            'num_disks': 1,
            'memory_details': {'maximum': 64, 'used': 20},
            'cpu_details': [
                {'id': None, 'time': 5 * 10**9, 'utilisation': None}
            ],
            'disk_details': [
                {
                    'read_bytes': 4096,
                    'read_requests': 1,
                    'write_bytes': 8192,
                    'write_requests': 2,
                    'errors_count': None,
                }
            ],
        }
        self.assertEqual(expected, {key: found[key] for key in expected})

    def test_port(self):
        (found,) = answer(MEASURED)['nic_details']
        self.assertEqual('fa:16:3e:00:00:07', found['mac_address'])
        order = ('octets', 'packets', 'errors', 'drop')
        self.assertEqual(
            [1, 2, 3, 4, 5, 6, 7, 8],
            [found[f'{way}_{key}'] for way in ('rx', 'tx') for key in order],
        )

    def test_port_that_is_not_plugged_has_no_numbers(self):
        (found,) = answer(dataclasses.replace(MEASURED, nics={}))[
            'nic_details'
        ]
        self.assertIsNone(found['rx_octets'])

    def test_what_is_not_counted_is_not_zero(self):
        usage = dataclasses.replace(USAGE, disk=model.DiskCounters())
        measured = dataclasses.replace(MEASURED, usage=usage)
        (found,) = answer(measured)['disk_details']
        self.assertEqual({None}, set(found.values()))
        self.assertNotIn('root_read', diagnostics.legacy_of(measured))

    def test_two_answers_share_nothing(self):
        first, second = (answer(MEASURED) for _ in range(2))
        self.assertEqual(first, second)

    def test_older_clients_get_the_keys_that_they_know(self):
        name = PORT['devname']
        self.assertEqual(
            {
                'cpu0_time': 5 * 10**9,
                'memory': 64 * 1024,
                'memory-actual': 64 * 1024,
                'memory-rss': 20 * 1024,
                'root_read': 4096,
                'root_read_req': 1,
                'root_write': 8192,
                'root_write_req': 2,
                f'{name}_rx': 1,
                f'{name}_rx_packets': 2,
                f'{name}_rx_errors': 3,
                f'{name}_rx_drop': 4,
                f'{name}_tx': 5,
                f'{name}_tx_packets': 6,
                f'{name}_tx_errors': 7,
                f'{name}_tx_drop': 8,
            },
            diagnostics.legacy_of(MEASURED),
        )

    def test_older_clients_are_told_of_no_port_that_is_not_plugged(self):
        found = diagnostics.legacy_of(dataclasses.replace(MEASURED, nics={}))
        self.assertNotIn(f'{PORT["devname"]}_rx', found)
