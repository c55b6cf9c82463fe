"""Docker hosts beside others: who lands where.

A host with Nova's fake driver plays the one with virtual machines.
"""

import uuid

from tests.integration import cloud
from tests.integration import two_hosts
from tests.integration import zone

# It has far more room than the machine: the scheduler would prefer it.
OTHER = 'kvm-of-tests'


def setUpModule():
    two_hosts.set_up('--driver', 'fake', name=OTHER)


class LandingTest(zone.ZoneCase):
    def setUp(self):
        super().setUp()
        self.set_up_zone()

    def test_host_has_joined_its_zone(self):
        _, name, hosts, _ = self.aggregates()['kvm']
        self.assertEqual((zone.ZONE, {OTHER}), (name, {*hosts}))

    def test_docker_image_lands_on_a_docker_host_with_no_zone_named(self):
        self.assertIn(self.host_of(self.boot()), self.docker_hosts())
        said = self.explained(1, self.image_id(), OTHER)
        self.assertIn('lacks CUSTOM_NOVA_DOCKER', said)

    def test_flavor_of_ours_boots_containers(self):
        flavor = self.compute.find_flavor(zone.FLAVOR)
        server = self.boot(flavor_id=flavor.id)
        self.assertIn(self.host_of(server), self.docker_hosts())

    def test_disk_never_lands_on_a_docker_host(self):
        image = self.disk()
        self.assertEqual(OTHER, self.host_of(self.boot(image=image)))
        said = self.explained(1, image, cloud.HOST)
        self.assertIn('NO  isolate_aggregates: ', said)
        self.explained(0, image, OTHER)
        self.disable(OTHER)
        self.assertIn('No valid host', self.fault_of(image=image))

    def test_docker_image_goes_nowhere_else_when_its_hosts_are_gone(self):
        self.disable(*self.docker_hosts())
        self.assertIn('No valid host', self.fault_of())

    def test_zone_is_asked_for(self):
        image = self.disk()
        server = self.boot(image=image, availability_zone=zone.ZONE)
        self.assertEqual(OTHER, self.host_of(server))
        said = self.explained(
            1, self.image_id(), cloud.HOST, '--zone', zone.ZONE
        )
        self.assertIn('NO  map_az_to_placement_aggregate: ', said)
        fault = self.fault_of(availability_zone=zone.ZONE)
        self.assertIn('No valid host', fault)


class NovaClientTest(zone.ZoneCase):
    """The commands of the first clients do what they did."""

    def test_aggregate_with_a_host_and_its_zone(self):
        name = f'by-nova-{uuid.uuid4().hex[:8]}'
        self._nova('aggregate-create', name, f'zone-{name}')
        found = self.compute.find_aggregate(name)
        self.addCleanup(self.compute.delete_aggregate, found)
        self._nova('aggregate-add-host', name, OTHER)
        self.addCleanup(self.compute.remove_host_from_aggregate, found, OTHER)
        listed = self._nova('availability-zone-list')
        self.assertRegex(listed, rf'\| zone-{name} +\| available')
        self.assertIn(OTHER, listed)
        server = self.boot(
            image=self.disk(), availability_zone=f'zone-{name}:{OTHER}'
        )
        self.assertEqual(OTHER, self.host_of(server))

    def _nova(self, *words):
        done = cloud.quickstart('exec', 'nova', *words)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout
