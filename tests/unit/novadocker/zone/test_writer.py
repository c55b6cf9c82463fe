from keystoneauth1 import exceptions as keystone_exceptions
from openstack import exceptions
import testtools

from novadocker.zone import cloud
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import writer
from tests.fixtures import fake_cloud
from tests.unit.novadocker.zone import clouds

Kind = fact.Kind
Key = fact.Key


class WriterTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.connection = fake_cloud.FakeConnection()
        self.connection.add_host('d1', 'docker')
        self.connection.image.add('i1', 'web:1')
        self.writer = writer.Writer(self.connection)

    def _facts(self):
        return fact.from_cloud(cloud.read(self.connection))

    def test_each_kind_of_fact_comes_and_goes(self):
        facts = [
            (Key(Kind.PROPERTY, 'i1', 'a~b/c'), 'v'),
            (Key(Kind.FLAVOR, 'f'), '1 vCPU, 2 MiB, 3 GiB'),
            (Key(Kind.EXTRA_SPEC, 'f', 'k'), 'v'),
            (Key(Kind.AGGREGATE, 'a'), 'present'),
            (Key(Kind.ZONE, 'a'), 'z'),
            (Key(Kind.METADATA, 'a', 'k'), 'v'),
            (Key(Kind.HOST, 'a', 'd1'), 'present'),
        ]
        self.assertEqual({}, self._facts())
        for number, (key, value) in enumerate(facts):
            self.writer.put(key, value)
            self.assertEqual(dict(facts[: number + 1]), self._facts())
        for key, _ in reversed(facts):
            if key.kind is not Kind.ZONE:
                self.writer.put(key, None)
                self.assertNotIn(key, self._facts())
        self.assertEqual({}, self._facts())

    def test_value_is_replaced(self):
        key = Key(Kind.PROPERTY, 'i1', 'k')
        for value in 'vw':
            self.writer.put(key, value)
        self.assertEqual({key: 'w'}, self._facts())

    def test_names_are_not_taken_for_ids(self):
        self.writer.put(Key(Kind.AGGREGATE, 'a'), 'present')
        self.writer.put(Key(Kind.AGGREGATE, '1'), 'present')
        self.writer.put(Key(Kind.AGGREGATE, '1'), None)
        self.assertEqual({Key(Kind.AGGREGATE, 'a'): 'present'}, self._facts())

    def test_refusal_says_what_the_api_says(self):
        for name in 'ab':
            self.writer.put(Key(Kind.AGGREGATE, name), 'present')
            self.writer.put(Key(Kind.ZONE, name), name)
        self.writer.put(Key(Kind.HOST, 'a', 'd1'), 'present')
        err = self.assertRaises(
            error.CloudRefused,
            self.writer.put,
            Key(Kind.HOST, 'b', 'd1'),
            'present',
        )
        self.assertIn('already in a zone', str(err))

    def test_failure_may_have_done_it(self):
        failures = self.connection.compute.failures
        for failure in (
            exceptions.HttpException('try later'),
            exceptions.ResourceTimeout('no answer'),
            keystone_exceptions.ConnectFailure('away'),
        ):
            failures['create_aggregate'] = failure
            self.assertRaises(
                error.CloudUnclear,
                self.writer.put,
                Key(Kind.AGGREGATE, 'a'),
                'present',
            )

    def test_refusal_of_glance(self):
        self.assertRaises(
            error.CloudRefused,
            self.writer.put,
            Key(Kind.PROPERTY, 'gone', 'k'),
            'v',
        )

    def test_what_is_gone_by_then(self):
        for key, sentence in (
            (Key(Kind.HOST, 'a', 'd1'), 'no aggregate a any more'),
            (Key(Kind.EXTRA_SPEC, 'f', 'k'), 'no flavor f any more'),
        ):
            err = self.assertRaises(
                error.NotFound, self.writer.put, key, 'present'
            )
            self.assertIn(sentence, str(err))

    def test_change_is_the_unit_of_all(self):
        change = clouds.added(Kind.AGGREGATE, 'a')
        self.writer.put(change.key, change.after)
        self.connection.compute.failures['delete_aggregate'] = (
            exceptions.ForbiddenException('not you')
        )
        err = self.assertRaises(
            error.CloudRefused, self.writer.put, change.key, change.before
        )
        self.assertIn('not you', str(err))
