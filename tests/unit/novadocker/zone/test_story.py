import pathlib

import fixtures
from openstack import exceptions
import testtools

from novadocker.zone import cloud
from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import plan
from novadocker.zone import record
from novadocker.zone import story
from novadocker.zone import undoing
from novadocker.zone import writer
from tests.fixtures import fake_cloud


class StoryTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.connection = fake_cloud.FakeConnection()
        self.compute = self.connection.compute
        self.connection.add_host('d1', 'docker')
        self.connection.add_host('k1', 'QEMU', servers=3)
        self.connection.image.add('i1', 'web:1')
        self._strangers()
        self.writer = writer.Writer(self.connection)
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.record = record.Record(folder / 'zone.json', 'cloud')
        self.said = []
        self.before = self._facts()

    def _strangers(self):
        """Make an aggregate of somebody else's, with a zone."""
        self.compute.create_aggregate(name='rack')
        (found,) = self.compute.aggregates()
        self.compute.add_host('s1', 'QEMU')
        self.compute.add_host_to_aggregate(found, 's1')
        self.compute.update_aggregate(found, availability_zone='east')

    def _cloud(self):
        return cloud.read(self.connection)

    def _facts(self):
        return fact.from_cloud(self._cloud())

    def _apply(self, text=desired.USUAL):
        made = plan.make(desired.read(text), self._cloud())
        self.assertEqual((), made.obstacles)
        self._go_through(made)

    def _go_through(self, made):
        story.apply(
            made.changes, self.writer, self.record, self.said.append, {}
        )

    def _undo(self):
        found = undoing.make(self.record.changes, self._cloud())
        story.undo(found, self.writer, self.record, self.said.append, {})
        return found.left

    def _fail(self, name):
        self.compute.failures[name] = exceptions.HttpException('no luck')

    def test_second_run_finds_nothing_to_do(self):
        self._apply()
        self.assertEqual(10, len(self.said))
        calls = len(self.compute.calls)
        self.said.clear()
        self._apply()
        self.assertEqual([], self.said)
        self.assertEqual(calls, len(self.compute.calls))

    def test_undo_leaves_the_cloud_as_it_was(self):
        self._apply(desired.USUAL.replace('images: []', 'images: all'))
        self.assertNotEqual(self.before, self._facts())
        self.assertEqual({}, self._undo())
        self.assertEqual(self.before, self._facts())
        self.assertEqual((), self.record.changes)

    def test_strangers_are_never_called(self):
        self._apply()
        self._undo()
        self.assertNotIn('rack', {name for _, name in self.compute.calls[3:]})

    def test_failure_in_the_middle_is_repeated_from_there(self):
        self._fail('add_host_to_aggregate')
        err = self.assertRaises(error.Interrupted, self._apply)
        self.assertIn(
            '"+ aggregate docker: host d1" failed: no luck', str(err)
        )
        self.assertIn(f'{len(self.said)} of 10 changes are made', str(err))
        self.compute.failures.clear()
        self._apply()
        self.assertEqual(10, len(self.said))
        self._undo()
        self.assertEqual(self.before, self._facts())

    def test_every_failure_can_be_undone(self):
        for name in (
            'create_flavor',
            'create_aggregate',
            'update_aggregate',
            'set_aggregate_metadata',
            'add_host_to_aggregate',
        ):
            self._fail(name)
            self.assertRaises(error.Interrupted, self._apply)
            self.compute.failures.clear()
            self.assertEqual({}, self._undo())
            self.assertEqual(self.before, self._facts(), name)

    def test_what_another_made_first_is_not_undone(self):
        """It was not there when the cloud was read, and is refused."""
        made = plan.make(desired.read(desired.USUAL), self._cloud())
        self.compute.create_aggregate(name='kvm')
        err = self.assertRaises(error.Interrupted, self._go_through, made)
        self.assertIn('"+ aggregate kvm" failed', str(err))
        self._apply()
        self.assertEqual({}, self._undo())
        self.assertEqual(
            {'rack', 'kvm'}, {each.name for each in self.compute.aggregates()}
        )

    def test_what_an_earlier_run_may_have_made_is_undone(self):
        made = plan.make(desired.read(desired.USUAL), self._cloud())
        self._fail('create_aggregate')
        self.assertRaises(error.Interrupted, self._go_through, made)
        self.compute.failures.clear()
        self.compute.create_aggregate(name='docker')
        self.assertRaises(error.Interrupted, self._go_through, made)
        self._undo()
        self.assertEqual(self.before, self._facts())

    def test_undo_that_fails_is_repeated_from_there(self):
        self._apply()
        self._fail('delete_aggregate')
        err = self.assertRaises(error.Interrupted, self._undo)
        self.assertIn('"- aggregate kvm" failed: no luck', str(err))
        self.compute.failures.clear()
        self._undo()
        self.assertEqual(self.before, self._facts())
        self.assertEqual((), self.record.changes)

    def test_what_is_left_stays_in_the_record(self):
        self._apply()
        (kvm,) = (
            each for each in self.compute.aggregates() if each.name == 'kvm'
        )
        self.compute.add_host('later', 'QEMU')
        self.compute.add_host_to_aggregate(kvm, 'later')
        (change,) = self._undo()
        self.assertEqual((change,), self.record.changes)
        self.assertEqual('kvm', change.key.target)
