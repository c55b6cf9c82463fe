"""What a container is given, on a real engine, against hostile images."""

import dataclasses
import pathlib
import tarfile

from nova import exception as nova_exception

from novadocker import exception
from novadocker.ops import password
from tests.fixtures import dockerd
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.functional import test_boot

KEY = 'ssh-ed25519 AAAA me@home'
KEYS = '/root/.ssh/authorized_keys'
PASSWD = b'root:x:0:0:root:/root:/bin/sh\napp:x:7:8::/home/app:/bin/sh\n'


def _folder(path, mode=0o755):
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, None


def _file(path, content):
    entry = tarfile.TarInfo(path)
    entry.size = len(content)
    return entry, content


def _link(path, target):
    entry = tarfile.TarInfo(path)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry, None


USUAL = (
    _file('etc/passwd', PASSWD),
    *(_folder('root', 0o700), _folder('home'), _folder('home/app')),
    *(_folder('outside'), _file('outside/secret', b'untouched\n')),
)


class GuestTestCase(test_boot.BootTestCase):
    """Boots of images with members of the test's choice."""

    members = ()

    def _download(self, context, image_id, path, trusted_certs):
        members = {entry.name: (entry, content) for entry, content in USUAL}
        members |= {each[0].name: each for each in self.members}
        layer = rootfs.with_members([*members.values()])
        pathlib.Path(path).write_bytes(
            rootfs.archive(
                'someone-elses:tag',
                ('sh', '-c', 'sleep infinity'),
                content=layer,
                config={'Labels': {'test': self.id()}},
            )
        )

    def setUp(self):
        super().setUp()
        self.addCleanup(self._forget_image)

    def _forget_image(self):
        for image in self.engine.find_images('nova-image/*'):
            for tag in image.tags:
                self.engine.remove_image(tag)

    def _booted(self, *members, view=None, **guest):
        self.members = members
        container = self._boot(guest=guest, **(view or {}))
        self.addCleanup(self._destroy)
        self.root = pathlib.Path('/proc', str(container.pid), 'root')
        return container

    def _stat(self, path):
        found = (self.root / path.lstrip('/')).lstat()
        return oct(found.st_mode), found.st_uid, found.st_gid

    def _text(self, path):
        return (self.root / path.lstrip('/')).read_text()


@dockerd.needs_dockerd
@ovs.needs_ovs
class FileTest(GuestTestCase):
    def _files(self, *paths):
        return [(path, b'hello\n') for path in paths]

    def test_file_and_its_folders(self):
        self._booted(files=self._files('/etc/motd', '/srv/deep/er/conf'))
        for path in ('/etc/motd', '/srv/deep/er/conf'):
            self.assertEqual('hello\n', self._text(path))
            self.assertEqual(('0o100644', 0, 0), self._stat(path))
        for folder in ('/srv', '/srv/deep/er'):
            self.assertEqual(('0o40755', 0, 0), self._stat(folder))

    def test_link_in_the_place_of_the_file_is_replaced(self):
        self._booted(
            _link('etc/motd', '/outside/secret'),
            files=self._files('/etc/motd'),
        )
        self.assertEqual('hello\n', self._text('/etc/motd'))
        self.assertEqual('untouched\n', self._text('/outside/secret'))

    def test_folder_that_leads_out_stays_inside(self):
        target = self.instances
        self._attempt(
            _link('srv', f'../../../../../../../..{target}'),
            files=self._files('/srv/conf', f'{target}/conf'),
        )
        self.assertFalse(pathlib.Path(target, 'conf').exists())

    def test_link_to_a_file_of_novas_does_not_reach_it(self):
        self._attempt(
            _link('names', '/etc'), files=self._files('/names/hosts')
        )
        hosts = pathlib.Path(self.instances, self.namespace.uuid, 'hosts')
        if hosts.exists():
            self.assertIn('localhost', hosts.read_text())
        self.assertNotEqual('hello\n', self._hosts)

    def _attempt(self, *members, **guest):
        """Boot, or be refused with nothing left."""
        self._hosts = ''
        try:
            self._booted(*members, **guest)
        except exception.EngineError:
            self.assert_nothing_left()
        else:
            self._hosts = self._text('/etc/hosts')

    def test_file_below_a_file_is_refused(self):
        self.members = ()
        self.assertRaises(
            exception.EngineError,
            self._boot,
            guest={'files': self._files('/etc/passwd/x')},
        )
        self.assert_nothing_left()

    def test_read_only_server_cannot_have_files(self):
        flavor = dataclasses.replace(
            self._view().flavor,
            extra_specs={'docker:read_only_root': 'true'},
        )
        self.assertRaises(
            exception.EngineError,
            self._boot,
            guest={'files': self._files('/etc/motd')},
            flavor=flavor,
        )
        self.assert_nothing_left()


@dockerd.needs_dockerd
@ovs.needs_ovs
class DriveTest(GuestTestCase):
    META = 'openstack/latest/meta_data.json'
    TARGET = '/var/lib/cloud/seed/config_drive'

    def _drive(self, *members):
        return self._booted(
            *members, config_drive=lambda: [(self.META, b'{"uuid": "1"}')]
        )

    def test_drive_is_read_only_and_for_root(self):
        self._drive()
        path = f'{self.TARGET}/{self.META}'
        self.assertEqual('{"uuid": "1"}', self._text(path))
        self.assertEqual('0o100400', self._stat(path)[0])
        self.assertEqual('0o40700', self._stat(self.TARGET)[0])
        mounts = self._text('/proc/1/mountinfo').splitlines()
        (options,) = [
            line.split()[5] for line in mounts if self.TARGET in line.split()
        ]
        self.assertIn('ro', options.split(','))

    def test_its_place_that_leads_out_stays_inside(self):
        target = self.instances
        self._drive(_link('var', f'../../../../../../../..{target}'))
        self.assertFalse(pathlib.Path(target, 'lib').exists())

    def test_nothing_is_left_of_it(self):
        self._drive()
        self._destroy()
        self.assert_nothing_left()


@dockerd.needs_dockerd
@ovs.needs_ovs
class PasswordTest(GuestTestCase):
    WORD = 'correct horse battery'

    def _change(self, script):
        program = _file('bin/chpasswd', f'#!/bin/sh\n{script}\n'.encode())
        program[0].mode = 0o755
        container = self._booted(program)
        password.change(self.tools, self.instance, self._view(), self.WORD)
        return container

    def test_password_is_in_standard_input_and_nowhere_else(self):
        container = self._change(
            'cat > /got; cat /proc/$$/cmdline > /args; env > /env; id -u > /id'
        )
        self.assertEqual(f'root:{self.WORD}\n', self._text('/got'))
        self.assertEqual('0\n', self._text('/id'))
        shown = self.dockerd.client.inspect_container(container.id)
        execs = [
            self.dockerd.client.exec_inspect(each)
            for each in shown['ExecIDs'] or []
        ]
        for place in (
            *(self._text('/args'), self._text('/env'), str(shown)),
            *(str(execs), self._log(container), self.dockerd.log()),
        ):
            self.assertNotIn(self.WORD, place)

    def test_chpasswd_that_fails_is_told_without_what_it_says(self):
        err = self.assertRaises(
            nova_exception.SetAdminPasswdNotSupported,
            self._change,
            'cat; exit 3',
        )
        self.assertIn('exit code 3', str(err))
        self.assertNotIn(self.WORD, str(err))

    def test_chpasswd_that_does_not_end(self):
        self.patch(password, '_WITHIN_S', 1)
        err = self.assertRaises(
            nova_exception.SetAdminPasswdNotSupported,
            self._change,
            'exec sleep infinity',
        )
        self.assertIn('did not end', str(err))


@dockerd.needs_dockerd
@ovs.needs_ovs
class KeyTest(GuestTestCase):
    def _assert_key_is_in_place(self, home='/root', uid=0, gid=0):
        keys = f'{home}/.ssh/authorized_keys'
        self.assertEqual(('0o40700', uid, gid), self._stat(f'{home}/.ssh'))
        self.assertEqual(('0o100600', uid, gid), self._stat(keys))
        self.assertTrue(self._text(keys).endswith(f'{KEY}\n'))
        self.assertEqual('untouched\n', self._text('/outside/secret'))

    def test_key_of_root(self):
        self._booted(public_key=KEY)
        self._assert_key_is_in_place()

    def test_key_of_the_user_of_the_image(self):
        properties = {'os_admin_user': 'app'}
        self._booted(public_key=KEY, view={'image_properties': properties})
        self._assert_key_is_in_place('/home/app', 7, 8)

    def test_key_stands_beside_those_of_the_image(self):
        self._booted(
            _folder('root/.ssh', 0o755),
            _file(KEYS[1:], b'other\n'),
            public_key=KEY,
        )
        self._assert_key_is_in_place()
        self.assertEqual(f'other\n{KEY}\n', self._text(KEYS))

    def test_link_in_the_place_of_the_folder_is_replaced(self):
        self._booted(_link('root/.ssh', '/outside'), public_key=KEY)
        self._assert_key_is_in_place()
        self.assertFalse((self.root / 'outside/authorized_keys').exists())

    def test_link_in_the_place_of_the_file_is_replaced(self):
        self._booted(
            _folder('root/.ssh'),
            _link(KEYS[1:], '/outside/secret'),
            public_key=KEY,
        )
        self._assert_key_is_in_place()

    def test_home_that_leads_out_stays_inside(self):
        target = self.instances
        self._booted(
            _link('home/app', f'../../../../../../..{target}'),
            public_key=KEY,
            view={'image_properties': {'os_admin_user': 'app'}},
        )
        self.assertFalse(pathlib.Path(target, '.ssh').exists())

    def test_accounts_that_are_a_link_of_the_image_are_not_read(self):
        self._booted(_link('etc/passwd', '/outside/secret'), public_key=KEY)
        self.assertFalse((self.root / 'root/.ssh').exists())

    def test_read_only_server_boots_without_the_key(self):
        flavor = dataclasses.replace(
            self._view().flavor,
            extra_specs={'docker:read_only_root': 'true'},
        )
        self._booted(
            public_key=KEY,
            view={'flavor': flavor},
        )
        self.assertFalse((self.root / 'root/.ssh').exists())
