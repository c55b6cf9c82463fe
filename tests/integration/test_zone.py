"""``novadocker-zone`` in a cloud whose one host runs containers."""

import json

from tests.integration import cloud
from tests.integration import zone


class SetUpTest(zone.ZoneCase):
    def test_it_is_set_up_once_and_taken_back(self):
        before = self._set_up_by_others()
        diff = self.run_zone('apply', '--dry-run')
        self.assertIn('+ aggregate kvm\n', diff)
        self.assertEqual(before, self.aggregates())

        self.set_up_zone()
        after = self.aggregates()
        self.assertEqual(zone.ZONE, after.pop('kvm')[1])
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

    def test_servers_that_are_there_cost_the_zone_alone(self):
        """The usual wish has one, and the quickstart's server was first."""
        before = self.aggregates()
        self.addCleanup(self.take_back)
        done = self.zone('apply', usual=True)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn(
            f'Left out: Aggregate {cloud.AGGREGATE} cannot get zone docker: ',
            done.stderr,
        )
        self.assertIn('+ flavor docker.tiny = ', done.stdout)
        after = self.aggregates()
        self.assertIn('kvm', after)
        self.assertEqual(before[cloud.AGGREGATE], after[cloud.AGGREGATE])
        self.take_back()
        self.assertEqual(before, self.aggregates())

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
