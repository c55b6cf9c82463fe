"""Cinder's back end: its code, and what Cinder says of it."""

import pathlib

import fixtures
import openstack.exceptions
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart import volume
from tests.unit.quickstart import records

VOLUME = '77777777-7777-4777-8777-777777777777'
SNAPSHOT = '88888888-8888-4888-8888-888888888888'
SERVER = '11111111-1111-4111-8111-111111111111'


class HomeTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        self.ran = []
        self.patch(volume.disk, '_run', self._run)

    def _run(self, *words):
        self.ran.append(words)
        return ''

    def test_code_is_copied_and_only_a_change_of_it_is_told(self):
        self.assertFalse(volume.install(self.home))
        self.assertFalse(volume.install(self.home))
        module = self.home.back_end / 'deploy/quickstart/loop/driver.py'
        self.assertIn('class LoopDriver', module.read_text())
        module.write_text('of an earlier checkout')
        self.assertTrue(volume.install(self.home))
        self.assertIn('class LoopDriver', module.read_text())

    def test_nothing_to_disconnect_where_there_never_was_cinder(self):
        volume.disconnect_all(self.home)
        self.assertEqual({}, volume.connected(self.home))
        self.assertEqual([], volume.disks(self.home).names())
        self.assertEqual({'--list'}, {words[1] for words in self.ran})

    def test_machine_that_does_not_let_go_is_a_failure(self):
        def fail(*words):
            raise volume.disk.DiskError('losetup: no')

        self.patch(volume.disk, '_run', fail)
        for deed in (volume.disconnect_all, volume.connected):
            err = self.assertRaises(exception.OperationFailed, deed, self.home)
            self.assertEqual('losetup: no', str(err))


class Storage:
    """Cinder's public API, of one volume and one snapshot."""

    def __init__(self, pools=()):
        self.block_storage = self
        self.pools = list(pools)
        self.asked = 0

    def volumes(self, *, details=True, all_projects):
        attachments = [{'server_id': SERVER}, {'server_id': None}]
        return [
            records.row(id=VOLUME, attachments=attachments),
            records.row(id='bare', attachments=None),
        ]

    def snapshots(self, *, details, all_projects):
        return [records.row(id=SNAPSHOT)]

    def backend_pools(self):
        self.asked += 1
        found = self.pools.pop(0)
        if isinstance(found, Exception):
            raise found
        return iter(found)


class CinderTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.patch(process.time, 'sleep', lambda seconds: None)

    def test_volumes_and_snapshots_are_alive(self):
        self.assertEqual({VOLUME, SNAPSHOT, 'bare'}, volume.alive(Storage()))

    def test_attachments_without_a_server_are_nobodys(self):
        self.assertEqual(
            [(VOLUME, SERVER)], list(volume.attachments(Storage()))
        )

    def test_scheduler_that_does_not_listen_yet_is_asked_again(self):
        refusal = openstack.exceptions.HttpException('timeout')
        storage = Storage([refusal, [], ['loop']])
        volume.wait_for_back_end(storage)
        self.assertEqual(3, storage.asked)

    def test_back_end_that_never_reports(self):
        self.patch(volume, '_READY_S', -1)
        err = self.assertRaises(
            exception.OperationFailed, volume.wait_for_back_end, Storage([[]])
        )
        self.assertIn('cinder-volume reports', str(err))
