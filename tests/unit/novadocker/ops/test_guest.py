"""What a server finds at its first instruction."""

import pathlib

from nova import exception as nova_exception

from novadocker import exception
from novadocker.ops import destroy
from tests.unit.novadocker.ops import stories

KEY = 'ssh-ed25519 AAAA me@home'
PASSWD = b'root:x:0:0:root:/root:/bin/sh\napp:x:7:8::/home/app:/bin/sh\n'


class GuestTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.engine.image_files['/etc/passwd'] = PASSWD

    def _seeds(self, **guest):
        return self.engine.seeds.get(self.boot(**guest).id, {})


class KeyTest(GuestTestCase):
    def test_key_is_there_before_the_first_instruction(self):
        seeds = self._seeds(public_key=KEY)
        entry, content = seeds['/root/.ssh/authorized_keys']
        self.assertEqual(f'{KEY}\n'.encode(), content)
        self.assertEqual((0o600, 0, 0), (entry.mode, entry.uid, entry.gid))
        self.assertEqual(0o700, seeds['/root/.ssh'][0].mode)
        calls = self.engine.calls
        self.assertLess(calls.index('unpack'), calls.index('start'))

    def test_key_is_of_the_user_that_the_container_has(self):
        self.engine.folders.add('/home/app')
        self.view = stories.with_properties(self.view, os_admin_user='app')
        entry, _ = self._seeds(public_key=KEY)[
            '/home/app/.ssh/authorized_keys'
        ]
        self.assertEqual((7, 8), (entry.uid, entry.gid))

    def test_keys_of_the_image_stay(self):
        path = '/root/.ssh/authorized_keys'
        self.engine.image_files[path] = b'other\n'
        _, content = self._seeds(public_key=KEY)[path]
        self.assertEqual(f'other\n{KEY}\n'.encode(), content)

    def test_nothing_is_asked_where_there_is_no_key(self):
        self.boot()
        self.assertNotIn('read_file', self.engine.calls)

    def test_certificate_is_no_key(self):
        self.assertEqual({}, self._seeds(public_key='-----BEGIN X'))

    def test_image_without_accounts_boots_without_the_key(self):
        del self.engine.image_files['/etc/passwd']
        self.assertEqual({}, self._seeds(public_key=KEY))
        self.assertIn('no home for the public key', self.log.output)

    def test_image_without_the_user_boots_without_the_key(self):
        self.view = stories.with_properties(self.view, os_admin_user='me')
        self.assertEqual({}, self._seeds(public_key=KEY))

    def test_image_without_the_home_boots_without_the_key(self):
        self.view = stories.with_properties(self.view, os_admin_user='app')
        self.assertEqual({}, self._seeds(public_key=KEY))
        self.assertIn('starts without its public key', self.log.output)

    def test_engine_that_goes_fails_the_boot(self):
        for method in ('read_file', 'unpack'):
            self.engine.failures[method] = exception.EngineUnavailable(
                host='h', reason='r'
            )
            self.assertRaises(
                exception.EngineUnavailable, self.boot, public_key=KEY
            )
            self.assert_nothing_left()


class FileTest(GuestTestCase):
    def test_file_is_there_before_the_first_instruction(self):
        entry, content = self._seeds(files=[('/etc/motd', b'hello')])[
            '/etc/motd'
        ]
        self.assertEqual(b'hello', content)
        self.assertEqual((0o644, 0, 0), (entry.mode, entry.uid, entry.gid))
        calls = self.engine.calls
        self.assertLess(calls.index('unpack'), calls.index('start'))

    def test_refused_file_is_refused_before_anything_is_made(self):
        self.assertRaises(
            exception.InjectedFileRefused,
            self.boot,
            files=[('/etc/hosts', b'')],
        )
        self.assertNotIn('create', self.engine.calls)
        self.assert_nothing_left()

    def test_file_that_cannot_be_written_fails_the_boot(self):
        self.engine.failures['unpack'] = exception.EngineError(
            action='write to /', reason='it is read-only'
        )
        self.assertRaises(
            exception.EngineError, self.boot, files=[('/etc/motd', b'')]
        )
        self.assert_nothing_left()


class DriveTest(GuestTestCase):
    def _folder(self):
        return pathlib.Path(self.instances, self.uuid, 'config-drive')

    def test_drive_is_written_and_mounted(self):
        container = self.boot(config_drive=lambda: [('ec2/x', b'x')])
        self.assertEqual(b'x', (self._folder() / 'ec2/x').read_bytes())
        (mount,) = [
            each
            for each in self.engine.specs[container.id].mounts
            if each.source == str(self._folder())
        ]
        self.assertTrue(mount.read_only)

    def test_devices_are_told_once_the_ports_are_known(self):
        """Nova knows the tags of ports no sooner than the ports."""
        seen = []

        class Ports(list):
            def __iter__(self):
                seen.append('ports')
                return super().__iter__()

        def render():
            seen.append('drive')
            yield 'ec2/x', b'x'

        self.ports = Ports(self.ports)
        self.boot(config_drive=render, describe=lambda: seen.append('devices'))
        first = [seen.index(each) for each in ('ports', 'devices', 'drive')]
        self.assertEqual(sorted(first), first)

    def test_drive_goes_with_the_server(self):
        self.boot(config_drive=lambda: [('ec2/x', b'x')])
        destroy.destroy(self.tools, self.instance, self.ports)
        self.assert_nothing_left()

    def test_drive_that_cannot_be_rendered_fails_the_boot(self):
        def render():
            yield 'ec2/x', b'x'
            raise nova_exception.NovaException('no metadata')

        self.assertRaises(
            nova_exception.NovaException, self.boot, config_drive=render
        )
        self.assert_nothing_left()

    def test_server_without_one(self):
        self.boot()
        self.assertFalse(self._folder().exists())
