import json
import pathlib

import fixtures
import testtools

from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import record
from tests.unit.novadocker.zone import clouds

CLOUD = 'http://cloud.example:5000/v3 RegionOne'
FIRST = clouds.added(fact.Kind.AGGREGATE, 'docker')
SECOND = fact.Change(
    fact.Key(fact.Kind.METADATA, 'docker', 'k'), before='v', after='w'
)


class RecordTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = folder / 'state' / 'zone.json'
        self.path.parent.mkdir()

    def _record(self, cloud=CLOUD):
        return record.Record(self.path, cloud)

    def _refused(self, cloud=CLOUD):
        return str(self.assertRaises(error.RecordInvalid, self._record, cloud))

    def test_changes_are_remembered_in_order(self):
        for change in (FIRST, SECOND):
            self._record().add(change)
        self.assertEqual((FIRST, SECOND), self._record().changes)

    def test_change_that_is_tried_again_is_written_once(self):
        found = self._record()
        self.assertTrue(found.add(FIRST))
        self.assertFalse(found.add(FIRST))
        self.assertEqual((FIRST,), self._record().changes)

    def test_file_goes_with_the_last_change(self):
        found = self._record()
        for change in (FIRST, SECOND):
            found.add(change)
        found.forget(FIRST)
        self.assertEqual((SECOND,), self._record().changes)
        found.forget(SECOND)
        self.assertEqual([], list(self.path.parent.iterdir()))
        self.assertEqual((), self._record().changes)

    def test_record_of_another_cloud_is_not_used(self):
        self._record().add(FIRST)
        self.assertIn(
            f'is the record of {CLOUD}, and this is http://other',
            self._refused('http://other'),
        )

    def test_file_that_is_no_record(self):
        for text in (
            'no JSON',
            '[]',
            '{}',
            '{"version": 2}',
            json.dumps({'version': 1, 'cloud': CLOUD, 'changes': [{}]}),
            json.dumps(
                {
                    'version': 1,
                    'cloud': CLOUD,
                    'changes': [
                        {
                            'kind': 'moon',
                            'target': '',
                            'name': '',
                            'before': None,
                            'after': None,
                        }
                    ],
                }
            ),
        ):
            self.path.write_text(text)
            self.assertIn('is no record of changes', self._refused(), text)

    def test_place_that_cannot_be_read(self):
        self.path.mkdir()
        self.assertIn('is no record of changes', self._refused())

    def test_place_that_cannot_be_written(self):
        found = self._record()
        self.path.parent.rmdir()
        err = self.assertRaises(error.RecordInvalid, found.add, FIRST)
        self.assertIn('cannot be written', str(err))

    def test_usual_place_is_of_the_user(self):
        for variable, value, expected in (
            ('XDG_STATE_HOME', '/state', '/state/nova-docker/zone.json'),
            (
                *('XDG_STATE_HOME', None),
                '/home/me/.local/state/nova-docker/zone.json',
            ),
        ):
            self.useFixture(fixtures.EnvironmentVariable('HOME', '/home/me'))
            self.useFixture(fixtures.EnvironmentVariable(variable, value))
            self.assertEqual(expected, str(record.usual_path()))


class HeldTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.folder / 'state' / 'zone.json'

    def _hold(self):
        with record.held(self.path):
            pass

    def test_second_run_waits(self):
        with record.held(self.path):
            err = self.assertRaises(error.RecordInvalid, self._hold)
            self.assertIn('Another run is at work', str(err))
        self._hold()

    def test_nothing_but_the_folder_is_left(self):
        self._hold()
        self.assertEqual([], list(self.path.parent.iterdir()))

    def test_folder_that_cannot_be_made(self):
        self.path.parent.write_text('a file')
        err = self.assertRaises(error.RecordInvalid, self._hold)
        self.assertIn('cannot be written', str(err))
