"""Docker hosts beside others: who lands where.

A host with Nova's fake driver plays the one with virtual machines.
"""

import json
import uuid

from tests.integration import cloud
from tests.integration import two_hosts
from tests.integration import zone

# It has far more room than the machine: the scheduler would prefer it.
OTHER = 'kvm-of-tests'


def setUpModule():
    two_hosts.set_up('--driver', 'fake', name=OTHER)


class SetUpTest(zone.ZoneCase):
    def test_it_is_set_up_once_and_taken_back(self):
        before = self._set_up_by_others()
        diff = self.run_zone('apply', '--dry-run')
        self.assertIn('+ aggregate kvm\n', diff)
        self.assertEqual(before, self.aggregates())

        self.set_up_zone()
        after = self.aggregates()
        _, name, hosts, _ = after.pop('kvm')
        self.assertEqual((zone.ZONE, {OTHER}), (name, {*hosts}))
        self.assertEqual(before, after)
        flavor = self.compute.find_flavor(zone.FLAVOR, get_extra_specs=True)
        self.assertEqual({'docker:pids_limit': '64'}, flavor.extra_specs)
        document = json.loads(self.record.read_text())
        self.assertIn('/v3', document['cloud'])
        self.assertEqual('Nothing had to change.\n', self.run_zone('apply'))

        self.run_zone('undo')
        self.assertEqual(before, self.aggregates())
        self.assertIsNone(self.compute.find_flavor(zone.FLAVOR))
        self.assertFalse(self.record.exists())

    def _set_up_by_others(self):
        """Make aggregates which are not ours; give all."""
        rack = self.compute.create_aggregate(name='rack-of-tests')
        self.addCleanup(self.compute.delete_aggregate, rack)
        self.compute.set_aggregate_metadata(rack, {'ssd': 'true'})
        self.compute.add_host_to_aggregate(rack, cloud.HOST)
        self.addCleanup(
            self.compute.remove_host_from_aggregate, rack, cloud.HOST
        )
        room = self.compute.create_aggregate(
            name='room-of-tests', availability_zone='room-of-tests'
        )
        self.addCleanup(self.compute.delete_aggregate, room)
        return self.aggregates()


class LandingTest(zone.ZoneCase):
    def setUp(self):
        super().setUp()
        self.set_up_zone()

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

    def test_wrong_image_with_a_host_named_is_refused_by_the_driver(self):
        """It has all that the scheduler asks for, and is no container."""
        image = self.disk(**cloud.DOCKER_PROPERTIES)
        host = f'nova:{cloud.HOST}'
        fault = self.fault_of(image=image, availability_zone=host)
        self.assertIn('container_format=bare', fault)
        said = self.explained(1, image, cloud.HOST, '--zone', host)
        self.assertIn('NO  driver: ', said)

    def test_disk_with_a_host_named_is_kept_out_by_isolation(self):
        image, host = self.disk(), f'nova:{cloud.HOST}'
        fault = self.fault_of(image=image, availability_zone=host)
        self.assertIn('No valid host', fault)
        said = self.explained(1, image, cloud.HOST, '--zone', host)
        self.assertIn('NO  isolate_aggregates: ', said)

    def test_no_docker_host_is_left(self):
        image = self.image_id()
        self.explained(0, image, cloud.HOST, '--flavor', cloud.FLAVOR)
        self.disable(*self.docker_hosts())
        self.assertIn('No valid host', self.fault_of())
        said = self.explained(1, image, cloud.HOST)
        self.assertIn('nova-compute is disabled (test)', said)
        found = self.zone('check')
        self.assertEqual(1, found.returncode)
        self.assertIn('No docker host takes servers', found.stdout)
        self.assertIn(
            f'Host {cloud.HOST} is disabled (test). Cure: openstack compute '
            f'service set --enable {cloud.HOST} nova-compute\n',
            found.stdout,
        )

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
