"""File systems of volumes in containers of a real dockerd."""

import io
import os
import pathlib
import subprocess
import tarfile

import docker
import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import disk
from novadocker.privsep import runtime_map
from novadocker.privsep import volume
from tests.fixtures import dockerd
from tests.fixtures import loop
from tests.fixtures import netns
from tests.functional import test_privsep
from tests.functional import test_runtime


@loop.needs_loops
class DiskTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.mount))
        self.loop = self.useFixture(loop.Loop())
        self.path = self.loop.path

    def test_blank_disk_gets_a_file_system(self):
        for kind in ('ext4', 'xfs'):
            with self.subTest(kind):
                path = self.useFixture(loop.Loop()).path
                self.assertEqual('', disk.probe(path))
                disk.make_filesystem(path, kind)
                self.assertEqual(kind, disk.probe(path))
                self.assertFalse(disk.is_used(path))

    def test_what_is_not_blank_is_left_alone(self):
        for offset in (
            *(0, 510, 1024 * 1024 + 1, 16 * loop.MIB - 1),
            loop.SIZE_BYTES - 1,
        ):
            with self.subTest(offset):
                made = self.useFixture(loop.Loop())
                made.write(offset, b'x')
                before = made.file.read_bytes()
                error = self.assertRaises(
                    exception.VolumeUnusable, disk.probe, made.path
                )
                self.assertIn('nothing on it was touched', str(error))
                for kind in ('ext4', 'xfs'):
                    self.assertRaises(
                        exception.VolumeUnusable,
                        disk.make_filesystem,
                        made.path,
                        kind,
                    )
                self.assertEqual(before, made.file.read_bytes())

    def test_disk_with_two_file_systems_is_refused(self):
        self.loop.make('ext4')
        self.loop.write(0, b'XFSB')
        self.assertRaises(exception.VolumeUnusable, disk.probe, self.path)

    def test_disk_in_use_is_seen(self):
        self.loop.make('ext4')
        folder = self.useFixture(netns.RunFolder()).path
        subprocess.run(['mount', self.path, folder], check=True)
        try:
            self.assertTrue(disk.is_used(self.path))
            self.assertRaises(
                exception.VolumeBusy, disk.make_filesystem, self.path, 'ext4'
            )
        finally:
            subprocess.run(['umount', folder], check=True)
        self.assertFalse(disk.is_used(self.path))

    def test_what_is_no_disk_is_refused(self):
        self.assertFalse(disk.is_used('/dev/there/is-none'))
        for path in ('/dev/null', '/dev/shm', '/dev/stdin', '/dev/../etc'):
            with self.subTest(path):
                self.assertRaises(exception.VolumeUnusable, disk.probe, path)
        self.assertRaises(FileNotFoundError, disk.probe, '/dev/none')

    def test_program_that_fails_is_heard(self):
        small = self.useFixture(loop.Loop(20 * loop.MIB)).path
        error = self.assertRaises(
            exception.VolumeUnusable, disk.make_filesystem, small, 'xfs'
        )
        self.assertIn('mkfs.xfs failed', str(error))


class MountTestCase(test_runtime.RuntimeTestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(self.privilege())
        self.loop = self.useFixture(loop.Loop())
        self.path = self.loop.path

    def privilege(self):
        return netns.InProcess(novadocker.privsep.mount)

    def pid(self, container_id):
        return self.client.inspect_container(container_id)['State']['Pid']

    def run_in(self, container_id, command):
        made = self.client.exec_create(container_id, ['sh', '-c', command])
        said = self.client.exec_start(made['Id']).decode()
        return self.client.exec_inspect(made['Id'])['ExitCode'], said

    def wait_for_log(self, container_id, text):
        netns.wait_until(
            lambda: text in self.client.logs(container_id), 'its log'
        )

    def assert_says(self, container_id, command, text):
        self.assertEqual((0, text), self.run_in(container_id, command))

    def attach(self, container_id, kind='ext4', target='/v', ro=False):
        volume.attach(
            container_id, self.pid(container_id), self.path, kind, target, ro
        )

    def detach(self, container_id):
        volume.detach(container_id, self.pid(container_id), self.path)


@dockerd.needs_dockerd
@loop.needs_loops
class DaemonTest(MountTestCase):
    """The same deeds through the real daemon, with the rights it has."""

    def privilege(self):
        return test_privsep.Daemon(novadocker.privsep.mount)

    def test_volume_comes_and_goes(self):
        self.assertEqual('', disk.probe(self.path))
        disk.make_filesystem(self.path, 'ext4')
        container_id, _ = self.started()
        self.attach(container_id, target='/volumes/data')
        self.assertTrue(disk.is_used(self.path))
        self.assert_says(container_id, 'ls /volumes/data', 'lost+found\n')
        self.detach(container_id)
        self.assertFalse(disk.is_used(self.path))

    def test_refusals_keep_their_class_and_sentence(self):
        self.loop.write(0, b'x')
        error = self.assertRaises(
            exception.VolumeUnusable, disk.probe, self.path
        )
        self.assertIn('nothing on it was touched', str(error))


@dockerd.needs_dockerd
@loop.needs_loops
class MountTest(MountTestCase):
    def test_volume_is_there_at_the_first_instruction(self):
        for kind in ('ext4', 'xfs'):
            with self.subTest(kind):
                self.path = self.useFixture(loop.Loop()).path
                disk.make_filesystem(self.path, kind)
                container_id = self.create(
                    [
                        'sh',
                        '-c',
                        'echo x >/v/w/file; cat /proc/mounts; sleep 60',
                    ]
                )
                self.map(container_id)
                runtime_map.add_volume(
                    *(self.dockerd.map_dir, container_id),
                    *(self.path, kind, '/v/w', False),
                )
                self.client.start(container_id)
                self.wait_for_log(container_id, b'/v/w')
                (line,) = [
                    each
                    for each in self.client.logs(container_id).splitlines()
                    if b' /v/w ' in each
                ]
                self.assertIn(f' {kind} rw,nosuid,nodev'.encode(), line)
                self.assertTrue(disk.is_used(self.path))
                mounts = pathlib.Path('/proc/self/mountinfo').read_text()
                self.assertNotIn(self.path, mounts)
                self.client.kill(container_id)
                self.client.wait(container_id)
                # The kernel takes down a namespace later.
                netns.wait_until(
                    lambda: not disk.is_used(self.path), 'a free volume'
                )

    def test_volume_comes_to_a_running_container_and_goes(self):
        for kind in ('ext4', 'xfs'):
            with self.subTest(kind):
                self.path = self.useFixture(loop.Loop()).path
                disk.make_filesystem(self.path, kind)
                container_id, _ = self.started()
                self.attach(container_id, kind, '/volumes/data')
                code, said = self.run_in(
                    container_id,
                    'echo hello >/volumes/data/file; cat /proc/mounts',
                )
                self.assertEqual(0, code)
                self.assertIn(f' /volumes/data {kind} rw,nosuid,nodev', said)
                self.detach(container_id)
                self.assertFalse(disk.is_used(self.path))
                self.assert_says(container_id, 'ls /volumes/data', '')
                self.detach(container_id)
                other, _ = self.started()
                self.attach(other, kind, '/v')
                self.assert_says(other, 'cat /v/file', 'hello\n')

    def test_file_system_cannot_have_the_host_panic(self):
        """The kernel shows what differs from what is on the disk."""
        disk.make_filesystem(self.path, 'ext4')
        subprocess.run(['tune2fs', '-e', 'panic', self.path], check=True)
        running, _ = self.started()
        self.attach(running)
        self._assert_no_panic(running)
        self.detach(running)
        container_id = self.create()
        self.map(container_id)
        runtime_map.add_volume(
            *(self.dockerd.map_dir, container_id),
            *(self.path, 'ext4', '/v', False),
        )
        self.client.start(container_id)
        self._assert_no_panic(container_id)

    def _assert_no_panic(self, container_id):
        _, said = self.run_in(container_id, 'cat /proc/mounts')
        (line,) = (each for each in said.splitlines() if ' /v ' in each)
        self.assertIn('errors=remount-ro', line)

    def test_read_only(self):
        disk.make_filesystem(self.path, 'ext4')
        container_id, _ = self.started()
        self.attach(container_id, ro=True)
        code, said = self.run_in(container_id, 'echo x >/v/file')
        self.assertNotEqual(0, code)
        self.assertIn('Read-only file system', said)

    def test_volume_in_use_stays(self):
        disk.make_filesystem(self.path, 'ext4')
        container_id, _ = self.started()
        self.attach(container_id)
        self.run_in(container_id, 'echo x >/v/file')
        made = self.client.exec_create(
            container_id, ['sh', '-c', 'exec sleep 600 </v/file']
        )
        self.client.exec_start(made['Id'], detach=True)
        netns.wait_until(
            lambda: self.client.exec_inspect(made['Id'])['Pid'], 'its user'
        )
        user = self.client.exec_inspect(made['Id'])['Pid']
        netns.wait_until(
            lambda: os.readlink(f'/proc/{user}/fd/0') == '/v/file', 'its file'
        )
        error = self.assertRaises(
            exception.VolumeBusy, self.detach, container_id
        )
        self.assertIn('a process of the server', str(error))
        self.assert_says(container_id, 'cat /v/file', 'x\n')

    def test_device_that_somebody_has_is_not_mounted_twice(self):
        disk.make_filesystem(self.path, 'ext4')
        first, _ = self.started()
        self.attach(first)
        second, _ = self.started()
        self.assertRaises(exception.VolumeBusy, self.attach, second)
        third = self.create()
        self.map(third)
        runtime_map.add_volume(
            *(self.dockerd.map_dir, third, self.path, 'ext4', '/v', False)
        )
        error = self.assertRaises(
            docker.errors.APIError, self.client.start, third
        )
        self.assertIn(f'{self.path} is missing or in use', str(error))

    def test_no_link_of_the_container_is_followed(self):
        disk.make_filesystem(self.path, 'ext4')
        container_id, _ = self.started()
        for target in ('/tmp', '/proc'):
            # No ln in the image: the engine unpacks what it is given.
            self._link(container_id, 'link', target)
            for path in ('/link', '/link/deep'):
                self.assertRaises(
                    exception.VolumeUnusable,
                    self.attach,
                    container_id,
                    target=path,
                )
        self.assertFalse(disk.is_used(self.path))

    def _link(self, container_id, name, target):
        entry = tarfile.TarInfo(name)
        entry.type = tarfile.SYMTYPE
        entry.linkname = target
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode='w') as tar:
            tar.addfile(entry)
        self.client.put_archive(container_id, '/', stream.getvalue())

    def test_process_of_another_container_is_refused(self):
        disk.make_filesystem(self.path, 'ext4')
        first, _ = self.started()
        second, _ = self.started()
        self.assertRaises(
            exception.ProcessRefused,
            volume.attach,
            *(first, self.pid(second), self.path, 'ext4', '/v', False),
        )

    def test_file_system_in_use_fills_what_was_added(self):
        disk.make_filesystem(self.path, 'xfs')
        container_id, _ = self.started()
        self.attach(container_id, 'xfs')
        before = self._size_bytes(container_id)
        self.loop.resize(2 * loop.SIZE_BYTES)
        volume.grow(container_id, self.pid(container_id), self.path)
        self.assertGreater(self._size_bytes(container_id), 1.9 * before)
        volume.grow(container_id, self.pid(container_id), self.path)

    def test_ext4_grows_where_the_kernel_allows_it_or_says_what_helps(self):
        disk.make_filesystem(self.path, 'ext4')
        container_id, _ = self.started()
        self.attach(container_id)
        before = self._size_bytes(container_id)
        # It fills its device, and nothing is asked of the kernel.
        volume.grow(container_id, self.pid(container_id), self.path)
        self.loop.resize(2 * loop.SIZE_BYTES)
        try:
            volume.grow(container_id, self.pid(container_id), self.path)
        except exception.VolumeUnusable as err:
            self.assertIn('CAP_SYS_RESOURCE', str(err))
            self.assertEqual(before, self._size_bytes(container_id))
        else:
            self.assertGreater(self._size_bytes(container_id), 1.9 * before)

    def _size_bytes(self, container_id):
        root = f'/proc/{self.pid(container_id)}/root/v'
        found = os.statvfs(root)
        return found.f_blocks * found.f_frsize

    def test_device_that_a_container_does_not_have_does_not_grow(self):
        container_id, _ = self.started()
        self.assertRaises(
            exception.VolumeUnusable,
            *(volume.grow, container_id, self.pid(container_id), self.path),
        )

    def test_broken_file_system_is_refused(self):
        disk.make_filesystem(self.path, 'ext4')
        # The number of inodes in a group: none.
        self.loop.write(1024 + 0x28, bytes(4))
        container_id, _ = self.started()
        error = self.assertRaises(
            exception.VolumeUnusable, self.attach, container_id
        )
        self.assertIn(self.path, str(error))
