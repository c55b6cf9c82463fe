"""The runtime map in folders of root's."""

import errno
import os
import pathlib
import stat
from unittest import mock

import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import runtime_map
from tests.fixtures import netns

_ID = '0123456789abcdef' * 4
_RESCUED = 'fedcba9876543210' * 4
_NETNS = 'nova-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
_OTHER = 'nova-ffffffff-4b5a-6978-8796-a5b4c3d2e1f0'


@netns.needs_root
class RuntimeMapTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))
        self.run_folder = self.useFixture(netns.RunFolder()).path
        self.map = f'{self.run_folder}/deep/netns'
        self.entry = pathlib.Path(self.map, _ID)

    def test_entry_is_the_line_that_the_runtime_reads(self):
        runtime_map.write(self.map, _ID, _NETNS)
        self.assertEqual(f'v1 /run/netns/{_NETNS}\n', self.entry.read_text())

    def test_entry_of_a_rescue_is_the_line_that_the_runtime_reads(self):
        runtime_map.write_rescue(self.map, _ID, _NETNS, _RESCUED)
        self.assertEqual(
            f'v2 /run/netns/{_NETNS} {_RESCUED}\n', self.entry.read_text()
        )
        self.assertEqual(_NETNS, runtime_map.read(self.map, _ID))
        self.assertEqual((), runtime_map.remove_all(self.map, _OTHER))
        self.assertEqual((_ID,), runtime_map.remove_all(self.map, _NETNS))

    def test_volumes_are_lines_that_the_runtime_reads(self):
        runtime_map.write(self.map, _ID, _NETNS)
        first = f'v1 /run/netns/{_NETNS}\n'
        runtime_map.add_volume(self.map, _ID, '/dev/a', 'ext4', '/a', False)
        runtime_map.add_volume(self.map, _ID, '/dev/b', 'xfs', '/b', True)
        b = 'volume ro xfs /dev/b /b\n'
        self.assertEqual(
            f'{first}volume rw ext4 /dev/a /a\n{b}', self.entry.read_text()
        )
        runtime_map.add_volume(self.map, _ID, '/dev/a', 'ext4', '/c', False)
        self.assertEqual(
            f'{first}{b}volume rw ext4 /dev/a /c\n', self.entry.read_text()
        )
        self.assertEqual(_NETNS, runtime_map.read(self.map, _ID))
        for _ in range(2):
            runtime_map.remove_volume(self.map, _ID, '/dev/a')
        self.assertEqual(f'{first}{b}', self.entry.read_text())
        self.assertEqual((_ID,), runtime_map.remove_all(self.map, _NETNS))

    def test_volume_of_what_is_not_mapped(self):
        self.assertRaises(
            exception.MapEntryInvalid,
            runtime_map.add_volume,
            *(self.map, _ID, '/dev/a', 'ext4', '/a', False),
        )
        runtime_map.remove_volume(self.map, _ID, '/dev/a')

    def test_more_volumes_than_the_runtime_reads(self):
        runtime_map.write(self.map, _ID, _NETNS)
        long = '/' + 'x' * 5000
        for name in 'abc':
            runtime_map.add_volume(
                *(self.map, _ID, f'/dev/{name}', 'ext4', long, False)
            )
        before = self.entry.read_text()
        error = self.assertRaises(
            exception.MapEntryInvalid,
            runtime_map.add_volume,
            *(self.map, _ID, '/dev/d', 'ext4', long, False),
        )
        self.assertIn('too many volumes', str(error))
        self.assertEqual(before, self.entry.read_text())

    def test_folder_and_entry_are_for_root_alone(self):
        runtime_map.write(self.map, _ID, _NETNS)
        folder, entry = os.stat(self.map), self.entry.stat()
        self.assertEqual(0o700, stat.S_IMODE(folder.st_mode))
        self.assertEqual(0o600, stat.S_IMODE(entry.st_mode))
        self.assertEqual(0, folder.st_uid + entry.st_uid)

    def test_entry_that_is_there_is_replaced(self):
        for name in (_OTHER, _NETNS):
            runtime_map.write(self.map, _ID, name)
        self.assertEqual(_NETNS, runtime_map.read(self.map, _ID))
        self.assertEqual([_ID], os.listdir(self.map))

    def test_write_that_fails_leaves_what_was_there(self):
        runtime_map.write(self.map, _ID, _OTHER)
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with mock.patch.object(os, 'rename', autospec=True) as rename:
            rename.side_effect = error
            self.assertRaises(
                exception.MapEntryInvalid,
                runtime_map.write,
                self.map,
                _ID,
                _NETNS,
            )
        self.assertEqual([_ID], os.listdir(self.map))
        self.assertEqual(_OTHER, runtime_map.read(self.map, _ID))

    def test_removing_may_be_repeated(self):
        runtime_map.remove(self.map, _ID)
        runtime_map.write(self.map, _ID, _NETNS)
        for _ in range(2):
            runtime_map.remove(self.map, _ID)
        self.assertEqual([], os.listdir(self.map))

    def test_all_entries_of_a_namespace_are_removed(self):
        self.assertEqual((), runtime_map.remove_all(self.map, _NETNS))
        ids = [digit * 64 for digit in 'abcd']
        for each, name in zip(
            ids, (_NETNS, _OTHER, _NETNS, _OTHER), strict=True
        ):
            runtime_map.write(self.map, each, name)
        self.entry.with_name(ids[3]).write_text('broken')
        removed = runtime_map.remove_all(self.map, _NETNS)
        self.assertEqual((ids[0], ids[2]), removed)
        self.assertEqual([ids[1], ids[3]], sorted(os.listdir(self.map)))

    def test_entry_that_goes_meanwhile_is_fine(self):
        with mock.patch.object(os, 'listdir', autospec=True) as listdir:
            listdir.return_value = [_ID]
            os.makedirs(self.map, 0o700)
            removed = runtime_map.remove_all(self.map, _NETNS)
            self.assertEqual((), removed)

    def test_only_entries_are_listed(self):
        self.assertEqual((), runtime_map.container_ids(self.map))
        runtime_map.write(self.map, _ID, _NETNS)
        self.entry.with_name(f'.{_ID}.0badc0de').touch()
        self.assertEqual((_ID,), runtime_map.container_ids(self.map))

    def test_missing_entry_cannot_be_read(self):
        self._assert_refused(runtime_map.read, self.map, _ID)

    def test_entry_of_another_form_cannot_be_read(self):
        runtime_map.write(self.map, _ID, _NETNS)
        for text in (
            '',
            f'v2 /run/netns/{_NETNS}\n',
            f'v2 /run/netns/{_NETNS} {_RESCUED[:12]}\n',
            f'v2 /run/netns/{_NETNS} {_RESCUED} {_RESCUED}\n',
            f'v1 /run/netns/{_NETNS} {_RESCUED}\n',
            f'v3 /run/netns/{_NETNS}\n',
            f'v1 /proc/1/ns/net{_NETNS}\n',
            f'v1 /run/netns/{_NETNS}',
            f'v1 /run/netns/{_NETNS}\nv1 /run/netns/{_NETNS}\n',
            '\u00e9' * 10000,
        ):
            self.entry.write_text(text)
            self._assert_refused(runtime_map.read, self.map, _ID)
        self.entry.write_text('v1 /run/netns/other\n')
        self.assertRaises(
            exception.NetnsBroken, runtime_map.read, self.map, _ID
        )

    def test_folder_that_others_can_change_is_refused(self):
        runtime_map.write(self.map, _ID, _NETNS)
        above = os.path.dirname(self.map)
        for path, mode, uid in (
            (self.map, 0o750, 0),
            (self.map, 0o700, 65534),
            (above, 0o775, 0),
            (above, 0o755, 65534),
        ):
            before = os.stat(path)
            os.chmod(path, mode)
            os.chown(path, uid, -1)
            self._assert_refused(runtime_map.write, self.map, _ID, _NETNS)
            os.chown(path, before.st_uid, -1)
            os.chmod(path, stat.S_IMODE(before.st_mode))
        runtime_map.write(self.map, _ID, _NETNS)

    def test_link_is_not_followed(self):
        os.mkdir(f'{self.run_folder}/elsewhere', 0o700)
        os.symlink('elsewhere', f'{self.run_folder}/deep')
        self._assert_refused(runtime_map.write, self.map, _ID, _NETNS)
        self.assertEqual([], os.listdir(f'{self.run_folder}/elsewhere'))

    def test_path_that_is_not_plainly_below_run_is_refused(self):
        for path in (
            '/etc/netns',
            '/run',
            '/run/',
            '/run/systemd/netns',
            '/runaway/netns',
            'run/netns',
            f'{self.run_folder}/../netns',
            f'{self.run_folder}//netns',
            f'{self.run_folder}/./netns',
            '',
            None,
        ):
            self._assert_refused(runtime_map.write, path, _ID, _NETNS)

    def test_names_of_nothing_of_ours_are_refused(self):
        for container_id in ('../x', _ID[:12], _ID.upper(), _ID + '\n', 7):
            self._assert_refused(
                runtime_map.write, self.map, container_id, _NETNS
            )
            self._assert_refused(runtime_map.remove, self.map, container_id)
        self.assertRaises(
            exception.NetnsBroken,
            runtime_map.write,
            self.map,
            _ID,
            '../../proc/1/ns/net',
        )
        self.assertFalse(os.path.exists(self.map))

    def _assert_refused(self, deed, *args):
        self.assertRaises(exception.MapEntryInvalid, deed, *args)
