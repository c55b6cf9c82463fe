"""Which zones of a cloud tempest is told of."""

import types

import testtools

from deploy.quickstart.tempest import zones

HOSTS = ('host', 'node2')


def a_cloud(**hosts):
    """Make a cloud of zones, each with compute hosts."""
    found = [
        types.SimpleNamespace(
            name=name, hosts={host: {'nova-compute': {}} for host in listed}
        )
        for name, listed in hosts.items()
    ]
    controller = {'host': {'nova-conductor': {}}}
    found.append(types.SimpleNamespace(name='internal', hosts=controller))
    found.append(types.SimpleNamespace(name='empty', hosts=None))
    compute = types.SimpleNamespace(availability_zones=lambda details: found)
    return types.SimpleNamespace(compute=compute)


class ZonesTestCase(testtools.TestCase):
    def _find(self, **hosts):
        return zones.find(a_cloud(**hosts), HOSTS)

    def test_a_divided_cloud(self):
        self.assertEqual(
            zones.Zones('docker', 'kvm'),
            self._find(docker=HOSTS, kvm=['kvm1', 'kvm2'], rest=['x']),
        )

    def test_what_says_nothing_of_kinds_is_no_division(self):
        for hosts in (
            {},
            {'nova': HOSTS},
            {'nova': ['kvm1']},
            {'nova': [*HOSTS, 'kvm1'], 'kvm': ['kvm2']},
            {'nova': ['host'], 'other': ['node2'], 'kvm': ['kvm1']},
            {'docker': ['host'], 'mixed': ['node2', 'x'], 'kvm': ['kvm1']},
        ):
            self.assertEqual(zones.Zones(), self._find(**hosts), hosts)
