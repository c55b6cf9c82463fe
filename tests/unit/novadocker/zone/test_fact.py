import testtools

from novadocker.zone import fact
from novadocker.zone import model
from tests.unit.novadocker.zone import clouds

Kind = fact.Kind
Key = fact.Key


class LineTestCase(testtools.TestCase):
    def test_every_kind_of_change_is_a_line_of_a_diff(self):
        for key, before, after, line in (
            ((Kind.AGGREGATE, 'a'), None, 'present', '+ aggregate a'),
            ((Kind.AGGREGATE, 'a'), 'present', None, '- aggregate a'),
            (
                (Kind.ZONE, 'a'),
                *('x', 'y', '~ aggregate a: availability zone = x -> y'),
            ),
            (
                (Kind.METADATA, 'a', 'k'),
                *(None, 'v', '+ aggregate a: k = v'),
            ),
            (
                (Kind.HOST, 'a', 'h'),
                *('present', None, '- aggregate a: host h'),
            ),
            (
                (Kind.FLAVOR, 'f'),
                *(None, '1 vCPU, 2 MiB, 3 GiB'),
                '+ flavor f = 1 vCPU, 2 MiB, 3 GiB',
            ),
            ((Kind.EXTRA_SPEC, 'f', 'k'), 'v', None, '- flavor f: k = v'),
            (
                (Kind.PROPERTY, 'i1', 'k'),
                *('v', 'w', '~ image web:1 (i1): k = v -> w'),
            ),
            ((Kind.PROPERTY, 'i2', 'k'), None, 'v', '+ image i2: k = v'),
        ):
            change = fact.Change(Key(*key), before, after)
            self.assertEqual(line, change.line({'i1': 'web:1'}))

    def test_inverse_leads_back(self):
        change = fact.Change(Key(Kind.ZONE, 'a'), 'x', 'y')
        self.assertEqual(
            '~ aggregate a: availability zone = y -> x',
            change.inverse.line({}),
        )
        self.assertEqual(change, change.inverse.inverse)


class FactsTestCase(testtools.TestCase):
    def test_size_of_a_flavor_is_read_as_it_was_written(self):
        flavor = model.Flavor('f', vcpus=2, ram_mb=512, disk_gb=0)
        self.assertEqual((2, 512, 0), fact.numbers(fact.size(flavor)))

    def test_cloud_is_a_flat_list(self):
        cloud = clouds.cloud(
            clouds.host('h'),
            clouds.aggregate('a', 'h', zone='z', metadata={'k': 'v'}),
            model.Flavor('f', 1, 2, 3, extra_specs={'s': 't'}),
            clouds.disk('i', img_hv_type='qemu'),
        )
        self.assertEqual(
            {
                Key(Kind.PROPERTY, 'i', 'img_hv_type'): 'qemu',
                Key(Kind.FLAVOR, 'f'): '1 vCPU, 2 MiB, 3 GiB',
                Key(Kind.EXTRA_SPEC, 'f', 's'): 't',
                Key(Kind.AGGREGATE, 'a'): 'present',
                Key(Kind.ZONE, 'a'): 'z',
                Key(Kind.METADATA, 'a', 'k'): 'v',
                Key(Kind.HOST, 'a', 'h'): 'present',
            },
            fact.from_cloud(cloud),
        )

    def test_aggregate_without_a_zone_has_no_such_fact(self):
        found = fact.from_aggregate(clouds.aggregate('a'))
        self.assertEqual({Key(Kind.AGGREGATE, 'a'): 'present'}, found)
