"""``novadocker-zone`` in a cloud whose docker host has servers.

Who lands where needs a host of another driver: test_zone_hosts.
"""

from tests.integration import cloud
from tests.integration import zone


class UsualWishTest(zone.ZoneCase):
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
        self.explained(
            0, self.image_id(), cloud.HOST, '--flavor', 'docker.tiny'
        )
        self.take_back()
        self.assertEqual(before, self.aggregates())
