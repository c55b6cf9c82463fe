"""Files as disks; what the kernel does with them is noted down."""

import json
import os
import pathlib

import fixtures
import testtools

from deploy.quickstart.loop import disk

VOLUME = 'volume-77777777-7777-4777-8777-777777777777'
OTHER = 'volume-99999999-9999-4999-8999-999999999999'
SNAPSHOT = 'snapshot-88888888-8888-4888-8888-888888888888'
GIB = 1024**3


class DisksTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.folder, self.links = folder / 'files', folder / 'links'
        self.folder.mkdir()
        self.disks = disk.Disks(self.folder, self.links)
        # Files behind loop devices; the devices are files here.
        self.loops = {}
        self.ran = []
        self.run_really = disk._run
        self.patch(disk, '_run', self._run)

    def _run(self, *words):
        command = [str(word) for word in words]
        if command[0] != 'losetup':
            return self.run_really(*words)
        self.ran.append(command)
        deed = {
            '--list': self._list,
            '--find': self._attach,
            '--detach': self._detach,
            '--set-capacity': lambda device: '',
        }[command[1]]
        return deed(command[-1])

    def _list(self, _columns):
        rows = [
            {'name': device, 'back-file': file}
            for file, device in self.loops.items()
        ]
        return json.dumps({'loopdevices': rows}) if rows else ''

    def _attach(self, file):
        device = self.folder.parent / f'loop{len(self.loops)}'
        device.touch()
        return self.loops.setdefault(file, str(device)) + '\n'

    def _detach(self, device):
        self.loops = {
            file: each for file, each in self.loops.items() if each != device
        }
        return ''

    def _bytes(self, name):
        return (self.folder / name).read_bytes()

    def _write(self, name, content):
        with (self.folder / name).open('r+b') as stream:
            stream.write(content)

    def test_new_one_is_zeros_that_take_no_room(self):
        self.disks.create(VOLUME, 2)
        found = (self.folder / VOLUME).stat()
        self.assertEqual((2 * GIB, 0), (found.st_size, found.st_blocks))
        self.assertEqual([VOLUME], self.disks.names())
        self.assertEqual(2, self.disks.size_gb())

    def test_one_that_is_there_is_not_made_anew(self):
        self.disks.create(VOLUME, 1)
        self._write(VOLUME, b'precious')
        self.assertRaises(FileExistsError, self.disks.create, VOLUME, 1)
        self.disks.create(OTHER, 1)
        self.assertRaises(FileExistsError, self.disks.copy, OTHER, VOLUME, 1)
        with (self.folder / VOLUME).open('rb') as stream:
            self.assertEqual(b'precious', stream.read(8))

    def test_what_is_no_name_is_no_path(self):
        for name in (
            '',
            'volume-1',
            '../x',
            f'{VOLUME}/../x',
            f'{VOLUME}\n',
            f'--help {VOLUME}',
            VOLUME.upper(),
        ):
            for deed, *arguments in (
                (self.disks.create, name, 1),
                (self.disks.copy, VOLUME, name, 1),
                (self.disks.copy, name, VOLUME, 1),
                (self.disks.extend, name, 1),
                (self.disks.delete, name),
                (self.disks.connect, name),
            ):
                self.assertRaises(disk.DiskRefused, deed, *arguments)
        self.assertEqual([], self.ran)

    def test_what_is_no_disk_is_not_listed(self):
        (self.folder / 'lost+found').mkdir()
        self.assertEqual([], self.disks.names())
        self.assertEqual([], disk.Disks(self.folder / 'none').names())

    def test_copy_has_the_content_and_may_be_larger(self):
        self.disks.create(VOLUME, 1)
        self._write(VOLUME, b'content')
        self.disks.copy(VOLUME, SNAPSHOT, 1)
        self.disks.copy(SNAPSHOT, OTHER, 2)
        self.assertEqual(2 * GIB, (self.folder / OTHER).stat().st_size)
        with (self.folder / OTHER).open('rb') as stream:
            self.assertEqual(b'content', stream.read(7))

    def test_copy_that_would_be_smaller(self):
        self.disks.create(VOLUME, 2)
        self.assertRaises(disk.DiskRefused, self.disks.copy, VOLUME, OTHER, 1)
        self.assertEqual([VOLUME], self.disks.names())

    def test_copy_that_fails_leaves_nothing(self):
        self.disks.create(VOLUME, 1)

        def fail(*words):
            if words[0] == 'cp':
                raise disk.DiskError('no room')
            return self._run(*words)

        self.patch(disk, '_run', fail)
        self.assertRaises(disk.DiskError, self.disks.copy, VOLUME, OTHER, 1)
        self.assertEqual([VOLUME], self.disks.names())

    def test_what_a_connected_one_still_holds_is_written_before_a_copy(self):
        synced = []
        self.patch(os, 'fsync', synced.append)
        self.disks.create(VOLUME, 1)
        self.disks.copy(VOLUME, SNAPSHOT, 1)
        self.assertEqual([], synced)
        self.disks.connect(VOLUME)
        self.disks.copy(VOLUME, OTHER, 1)
        self.assertEqual(1, len(synced))

    def test_grown_one_is_larger_for_the_kernel_too(self):
        self.disks.create(VOLUME, 1)
        self.disks.extend(VOLUME, 2)
        self.assertEqual(2 * GIB, (self.folder / VOLUME).stat().st_size)
        device = os.path.realpath(self.disks.connect(VOLUME))
        self.disks.extend(VOLUME, 3)
        self.assertEqual(['losetup', '--set-capacity', device], self.ran[-1])
        self.assertRaises(disk.DiskRefused, self.disks.extend, VOLUME, 2)
        self.assertEqual(3 * GIB, (self.folder / VOLUME).stat().st_size)

    def test_device_has_the_name_of_its_volume(self):
        self.disks.create(VOLUME, 1)
        path = self.disks.connect(VOLUME)
        self.assertEqual(str(self.links / VOLUME), path)
        self.assertEqual(path, self.disks.connect(VOLUME))
        self.assertEqual(
            {VOLUME: os.path.realpath(path)}, self.disks.connected()
        )
        self.assertEqual([VOLUME], os.listdir(self.links))

    def test_link_of_an_earlier_boot_leads_to_the_device_of_now(self):
        self.disks.create(VOLUME, 1)
        self.links.mkdir()
        (self.links / VOLUME).symlink_to('/dev/of-somebody-else')
        (self.links / f'.{VOLUME}').symlink_to('/dev/half-made')
        path = self.disks.connect(VOLUME)
        (device,) = self.loops.values()
        self.assertEqual(device, os.readlink(path))

    def test_deleted_one_leaves_neither_file_nor_device(self):
        self.disks.create(VOLUME, 1)
        self.disks.connect(VOLUME)
        self.disks.delete(VOLUME)
        self.disks.delete(VOLUME)
        self.assertEqual([], self.disks.names())
        self.assertEqual({}, self.loops)
        self.assertEqual([], os.listdir(self.links))

    def test_one_in_use_is_not_deleted(self):
        self.disks.create(VOLUME, 1)
        self.disks.connect(VOLUME)
        self.patch(os, 'open', self._busy)
        self.assertRaises(disk.DiskRefused, self.disks.delete, VOLUME)
        self.assertEqual({VOLUME}, set(self.disks.connected()))
        self.assertEqual([VOLUME], self.disks.names())

    def _busy(self, path, flags):
        self.assertTrue(flags & os.O_EXCL)
        raise OSError(16, 'Device or resource busy')

    def test_device_that_fails_otherwise_is_not_in_use(self):
        self.disks.create(VOLUME, 1)
        device = pathlib.Path(os.path.realpath(self.disks.connect(VOLUME)))
        device.unlink()
        self.assertRaises(FileNotFoundError, self.disks.delete, VOLUME)

    def test_all_are_taken_away_and_those_of_others_stay(self):
        for name in (VOLUME, OTHER):
            self.disks.create(name, 1)
            self.disks.connect(name)
        theirs = {'/srv/x': '/dev/loop7', '': '/dev/loop8'}
        self.loops |= theirs
        # The file of one that is used is gone, as in a home that was removed.
        file = str(self.folder / OTHER)
        self.loops[f'{file} (deleted)'] = self.loops.pop(file)
        self.assertEqual({VOLUME, OTHER}, set(self.disks.connected()))
        self.disks.disconnect_all()
        self.assertEqual(theirs, self.loops)
        self.assertFalse(self.links.exists())
        self.disks.disconnect_all()

    def test_links_of_another_home_stay(self):
        self.links.mkdir()
        (self.links / OTHER).symlink_to('/dev/loop7')
        self.disks.disconnect_all()
        self.assertEqual([OTHER], os.listdir(self.links))


class RunTestCase(testtools.TestCase):
    def test_failure_is_a_sentence(self):
        err = self.assertRaises(disk.DiskError, disk._run, 'ls', '/no such')
        self.assertIn('ls: ', str(err))
        self.assertIn('/no such', str(err))
        self.assertEqual('a b;c\n', disk._run('echo', 'a b;c'))
