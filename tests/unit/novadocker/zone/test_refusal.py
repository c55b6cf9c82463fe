import itertools

import testtools

from novadocker.zone import cloud as zone_cloud
from novadocker.zone import desired
from novadocker.zone import fact
from novadocker.zone import plan
from novadocker.zone import refusal
from novadocker.zone import writer
from tests.fixtures import fake_cloud
from tests.unit.novadocker.zone import clouds

Kind = fact.Kind
AGGREGATE = clouds.added(Kind.AGGREGATE, 'docker')
ZONE = clouds.added(Kind.ZONE, 'docker', value='docker')
HOST = clouds.added(Kind.HOST, 'docker', 'd1')
ALL = (AGGREGATE, ZONE, HOST)
ZONED = """
aggregates:
  docker: {availability_zone: docker, hypervisor_types: [docker]}
"""
SERVING = clouds.host('d1', servers=2)


class RefusalTestCase(testtools.TestCase):
    def _sort(self, changes, *things):
        return refusal.sort(changes, clouds.cloud(*things))

    def _accepted(self, changes, *things):
        found = self._sort(changes, *things)
        self.assertEqual((), found.refused)
        return found.accepted

    def _refused(self, changes, *things):
        """Give the one sentence, and what goes on without it."""
        found = self._sort(changes, *things)
        (finding,) = found.refused
        return str(finding), found.accepted

    def test_hosts_without_servers_get_a_zone(self):
        self.assertEqual(ALL, self._accepted(ALL, clouds.host('d1')))

    def test_servers_keep_their_zone_and_the_host_joins(self):
        sentence, rest = self._refused(ALL, SERVING)
        self.assertEqual((AGGREGATE, HOST), rest)
        self.assertEqual(
            'Aggregate docker cannot get zone docker: d1 has servers (2). '
            'Cure: leave availability_zone out of the zone file, or free '
            'these hosts',
            sentence,
        )

    def test_host_of_another_zone_keeps_it_and_joins(self):
        rack = clouds.aggregate('rack', 'd1', zone='east')
        sentence, rest = self._refused(ALL, clouds.host('d1'), rack)
        self.assertEqual((AGGREGATE, HOST), rest)
        self.assertIn('d1 is in zone east.', sentence)

    def test_some_hosts_are_named_and_the_others_counted(self):
        hosts = [clouds.host(f'd{each}', servers=1) for each in range(5)]
        changes = [
            ZONE,
            *(clouds.added(Kind.HOST, 'docker', each.name) for each in hosts),
        ]
        sentence, rest = self._refused(changes, *hosts)
        self.assertEqual(5, len(rest))
        self.assertIn('d2 has servers (1), and 2 more.', sentence)

    def test_servers_of_a_member_keep_its_aggregate_from_a_zone(self):
        """Though another aggregate has given them that zone already."""
        there = clouds.aggregate('docker', 'd1')
        same = clouds.aggregate('rack', 'd1', zone='docker')
        _, rest = self._refused([ZONE], SERVING, there, same)
        self.assertEqual((), rest)

    def test_servers_join_the_zone_that_they_are_in(self):
        same = clouds.aggregate('rack', 'd1', zone='docker')
        self.assertEqual(ALL, self._accepted(ALL, SERVING, same))

    def test_zone_that_is_there_keeps_servers_out(self):
        there = clouds.aggregate('docker', zone='docker')
        sentence, rest = self._refused([HOST], SERVING, there)
        self.assertEqual((), rest)
        self.assertIn(
            'Host d1 cannot join aggregate docker: it has servers (2), and '
            'would change its zone.',
            sentence,
        )

    def test_zone_that_is_there_keeps_a_host_of_another_out(self):
        there = clouds.aggregate('docker', zone='docker')
        rack = clouds.aggregate('rack', 'd1', zone='east')
        sentence, _ = self._refused([HOST], clouds.host('d1'), there, rack)
        self.assertIn('it would be in the zones docker and east.', sentence)

    def test_servers_cannot_be_left_without_their_zone(self):
        there = clouds.aggregate('docker', 'd1', zone='docker')
        sentence, _ = self._refused([HOST.inverse], SERVING, there)
        self.assertIn('cannot leave aggregate docker', sentence)

    def test_host_that_is_gone_may_leave(self):
        there = clouds.aggregate('docker', 'd1', zone='docker')
        changes = (HOST.inverse,)
        self.assertEqual(changes, self._accepted(changes, there))

    def test_flavor_of_another_size_stays_with_its_extra_specs(self):
        size = fact.Change(
            fact.Key(Kind.FLAVOR, 'f'), '9 vCPU, 2 MiB, 3 GiB', 'x'
        )
        spec = clouds.added(Kind.EXTRA_SPEC, 'f', 'k', 'v')
        other = clouds.added(Kind.EXTRA_SPEC, 'g', 'k', 'v')
        sentence, rest = self._refused([size, spec, other])
        self.assertEqual((other,), rest)
        self.assertIn('Flavor f has 9 vCPU, 2 MiB, 3 GiB', sentence)


class AgreementTestCase(testtools.TestCase):
    """A cloud that keeps Nova's rules takes all that is accepted."""

    def test_every_cloud_of_a_host_and_two_aggregates(self):
        zones = (None, 'docker', 'east')
        either = (False, True)
        for own, rack, is_own, is_rack, servers in itertools.product(
            zones, zones, either, either, (0, 1)
        ):
            if is_own and is_rack and own and rack and own != rack:
                continue  # Nova has no host in two zones.
            connection = self._cloud(
                servers, {'docker': (own, is_own), 'rack': (rack, is_rack)}
            )
            put = writer.Writer(connection).put
            for change in self._plan(connection).changes:
                put(change.key, change.after)
            self.assertEqual((), self._plan(connection).changes)

    def _plan(self, connection):
        return plan.make(desired.read(ZONED), zone_cloud.read(connection))

    def _cloud(self, servers, aggregates):
        connection = fake_cloud.FakeConnection()
        connection.add_host('d1', 'docker')
        put = writer.Writer(connection).put
        for name, (zone, is_member) in aggregates.items():
            put(fact.Key(Kind.AGGREGATE, name), fact.PRESENT)
            if zone:
                put(fact.Key(Kind.ZONE, name), zone)
            if is_member:
                put(fact.Key(Kind.HOST, name, 'd1'), fact.PRESENT)
        connection.compute.nodes['d1']['servers'] = [{'uuid': 'u'}] * servers
        return connection
