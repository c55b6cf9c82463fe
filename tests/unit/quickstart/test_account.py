"""The user nova, and whose it is; the folders."""

import os
import pathlib
import pwd
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import account
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

HOME = home_module.Home(pathlib.Path('/srv/cloud'))


def _entry(comment, folder):
    return pwd.struct_passwd(
        ('nova', 'x', 990, 990, comment, folder, '/usr/sbin/nologin')
    )


class UserTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.users = {}
        self.patch(pwd, 'getpwnam', lambda name: self.users[name])
        patcher = mock.patch.object(process, 'run', autospec=True)
        self.run_command = patcher.start()
        self.addCleanup(patcher.stop)

    def _commands(self):
        return [call.args[0] for call in self.run_command.call_args_list]

    def test_unknown_user(self):
        self.assertFalse(account.has_user('nova'))

    def test_made_one_says_whose_it_is(self):
        account.create_user(HOME)
        (command,) = self._commands()
        position = command.index('--comment')
        self.assertEqual('nova-docker quickstart', command[position + 1])

    def test_own_one_is_known_by_its_comment_in_every_home(self):
        self.users['nova'] = _entry('nova-docker quickstart', '/elsewhere')
        self.assertTrue(account.is_own_user(HOME))

    def test_own_one_of_before_is_known_by_its_home(self):
        self.users['nova'] = _entry('', '/srv/cloud/data/nova')
        self.assertTrue(account.is_own_user(HOME))

    def test_own_one_is_removed(self):
        self.users['nova'] = _entry('nova-docker quickstart', '/elsewhere')
        account.remove_user(HOME)
        self.assertEqual([['userdel', 'nova']], self._commands())

    def test_one_of_debian_stays(self):
        self.users['nova'] = _entry('', '/var/lib/nova')
        account.remove_user(HOME)
        self.assertEqual([], self._commands())

    def test_no_user_to_remove(self):
        account.remove_user(HOME)
        self.assertEqual([], self._commands())

    def test_users_of_the_packages_are_required(self):
        for name in ('mysql', 'rabbitmq', 'docker-registry', 'www-data'):
            self.users[name] = _entry('', '/')
        err = self.assertRaises(
            exception.OperationFailed, account.require_users
        )
        self.assertIn('user memcache is missing', str(err))
        self.users['memcache'] = _entry('', '/')
        account.require_users()


class FoldersTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        uid, gid = os.getuid(), os.getgid()
        entry = pwd.struct_passwd(('x', 'x', uid, gid, '', '/', ''))
        self.patch(pwd, 'getpwnam', lambda name: entry)
        # Root alone may give a file to another.
        self.patch(os, 'chown', lambda path, uid, gid: None)

    def _mode(self, path):
        return path.stat().st_mode & 0o7777

    def test_engine_and_secrets_are_not_for_everybody(self):
        account.make_folders(self.home)
        self.assertEqual(0o750, self._mode(self.home.run / 'docker'))
        self.assertEqual(0o2755, self._mode(self.home.run / 'openvswitch'))
        self.assertEqual(0o700, self._mode(self.home.data / 'keystone'))
        self.assertEqual(0o700, self._mode(self.home.data / 'mysql'))
        self.assertEqual(0o700, self._mode(self.home.data / 'registry'))

    def test_they_are_made_once(self):
        account.make_folders(self.home)
        (self.home.data / 'nova/instances/x').touch()
        account.make_folders(self.home)
        self.assertTrue((self.home.data / 'nova/instances/x').exists())
